from __future__ import annotations

import fcntl
from pathlib import Path

import duckdb
import pytest

from golden.companies import Company
from golden.trees import Cache, RunError, commit_of, files_of


def _tree(results: Path) -> tuple[str, str]:
    """The module that wrote the results, and its configuration."""
    with duckdb.connect(str(results / "warehouse.duckdb"), read_only=True) as con:
        [(module, config)] = con.execute("from tree").fetchall()
        return module, config


def test_each_tree_runs_its_own_command_line_and_configuration(
    repository: Path, tmp_path: Path, company: Company
) -> None:
    with Cache.opened(tmp_path / "cache") as cache:
        base = cache.of_commit(repository, commit_of(repository, "HEAD"), company)
        working = cache.of_working_tree(repository, company)
    assert _tree(base) == ("before", str(tmp_path / "cache" / "tree" / company.config))
    assert _tree(working) == ("after", str(repository / company.config))
    assert not (tmp_path / "cache" / "tree").exists()
    assert not (tmp_path / "cache" / "running").exists()


def test_a_commit_is_run_once_and_the_working_tree_each_time(
    repository: Path, tmp_path: Path, company: Company
) -> None:
    commit = commit_of(repository, "HEAD")
    times = []
    for _ in range(2):
        with Cache.opened(tmp_path / "cache") as cache:
            folders = (
                cache.of_commit(repository, commit, company),
                cache.of_working_tree(repository, company),
            )
            times.append([(each / "warehouse.duckdb").stat().st_mtime_ns for each in folders])
    assert times[0][0] == times[1][0]
    assert times[0][1] < times[1][1]


def test_what_a_killed_comparison_left_is_run_again(
    repository: Path, tmp_path: Path, company: Company
) -> None:
    for left in ("running/home/published", "running/results", "tree/old"):
        (tmp_path / "cache" / left).mkdir(parents=True)
    with Cache.opened(tmp_path / "cache") as cache:
        base = cache.of_commit(repository, commit_of(repository, "HEAD"), company)
    assert _tree(base)[0] == "before"


def test_a_command_that_fails_gives_its_last_lines_and_no_results(
    repository: Path, tmp_path: Path
) -> None:
    failing = Company(name="tiny", config="config/tiny.yml", commands=(("run",), ("fail",)))
    with (
        Cache.opened(tmp_path / "cache") as cache,
        pytest.raises(RunError, match=r"exit code 1, log .*\n.*no such source"),
    ):
        cache.of_working_tree(repository, failing)
    assert not (tmp_path / "cache" / "working" / "tiny").exists()


def test_homes_are_kept_whole_where_asked(
    repository: Path, tmp_path: Path, company: Company
) -> None:
    with Cache.opened(tmp_path / "cache", tmp_path / "homes") as cache:
        cache.of_working_tree(repository, company)
    kept = tmp_path / "homes" / "working" / "tiny"
    assert (kept / "published" / "holdfast.duckdb").is_file()
    assert (kept / "warehouse.duckdb").is_file()


def test_one_comparison_at_a_time_uses_the_cache(tmp_path: Path) -> None:
    with (
        Cache.opened(tmp_path / "cache"),
        (tmp_path / "cache" / "lock").open("w") as other,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_working_tree_has_no_part_in_a_commits_files(repository: Path, tmp_path: Path) -> None:
    with files_of(repository, commit_of(repository, "HEAD"), tmp_path / "tree") as tree:
        assert {path.name for path in tree.iterdir()} == {"before.py", "pyproject.toml"}


def test_a_revision_that_does_not_exist_is_refused(repository: Path) -> None:
    with pytest.raises(RunError, match="has no commit main~99"):
        commit_of(repository, "main~99")


def test_a_company_without_its_data_says_which_folder_to_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shop = Company(name="shop", config="", commands=(), variable="SHOP_DIR")
    monkeypatch.delenv("SHOP_DIR", raising=False)
    assert shop.missing == "set SHOP_DIR to the folder of the data set"
    monkeypatch.setenv("SHOP_DIR", str(tmp_path / "none"))
    assert shop.missing == f"there is no folder {tmp_path / 'none'} (SHOP_DIR)"


def test_another_edition_of_the_data_has_results_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shop = Company(name="shop", config="", commands=(), variable="SHOP_DIR")
    monkeypatch.setenv("SHOP_DIR", str(tmp_path))
    (tmp_path / "orders.csv").write_text("1")
    before = shop.fingerprint
    (tmp_path / "orders.csv").write_text("1,2")
    assert shop.fingerprint != before
    assert shop.missing is None
