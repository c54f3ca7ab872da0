from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from golden import __main__ as command
from golden.companies import Company
from tests.unit.golden.conftest import COMMAND_LINE, write_command_line

Compare = Callable[..., Result]


@pytest.fixture
def compare(
    repository: Path, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Compare:
    """The command on the small repository, one of whose two companies has no data."""
    absent = Company(name="shop", config="", commands=(), variable="NO_SUCH_DIR")
    monkeypatch.setattr(command, "REPOSITORY", repository)
    monkeypatch.setattr(command, "COMPANIES", (company, absent))
    app = typer.Typer()
    app.command()(command.main)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["--cache", str(tmp_path / "cache"), *arguments])

    return run


def test_trees_of_equal_results_print_nothing(compare: Compare) -> None:
    done = compare("--only", "tiny")
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_company_without_data_is_named_and_no_success(compare: Compare) -> None:
    done = compare("--only", "shop")
    assert done.exit_code == 1
    assert done.stdout == (
        "shop: not compared: set NO_SUCH_DIR to the folder of the data set, "
        "or leave the company out with --only\n"
    )


@pytest.mark.parametrize("table", ["activation.risks", "ml.scores"])
def test_another_figure_is_printed_of_what_is_published_and_of_what_models_wrote(
    compare: Compare, repository: Path, table: str
) -> None:
    program = COMMAND_LINE.replace(
        f"create table {table} as select 1 as customer_id, 0.1::double",
        f"create table {table} as select 1 as customer_id, nextafter(0.1::double, 1::double)",
    )
    write_command_line(repository, "after", program)
    done = compare("--only", "tiny")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"tiny: {table}: 1 rows only in base, 1 only in the working tree",
        f"tiny: {table}: 1 rows with equal customer_id differ: risk in 1",
        f"tiny: {table}: customer_id for example: 1",
    ]


def test_a_reworded_column_is_named_and_no_difference(compare: Compare, repository: Path) -> None:
    write_command_line(repository, "after", COMMAND_LINE.replace("0.1::double", "0.2::double"))
    reworded = ("--reworded", "activation.risks.risk", "--reworded", "ml.scores.risk")
    done = compare("--only", "tiny", *reworded)
    assert (done.exit_code, done.stdout) == (
        0,
        "Left out as reworded: activation.risks.risk, ml.scores.risk\n",
    )


def test_a_reworded_column_that_does_not_exist_is_refused(compare: Compare) -> None:
    done = compare("--only", "tiny", "--reworded", "activation.risks.reson")
    assert done.exit_code == 1
    assert done.stdout == (
        "activation.risks.reson: no compared table has such a column; check --reworded\n"
    )


def test_a_tree_that_does_not_run_is_a_difference(compare: Compare, repository: Path) -> None:
    write_command_line(repository, "after", "import no_such_package")
    done = compare("--only", "tiny")
    assert done.exit_code == 1
    assert "ModuleNotFoundError: No module named 'no_such_package'" in done.stdout


@pytest.mark.parametrize("arguments", [["--only", "nobody"], ["--base", "no_such_commit"]])
def test_unknown_companies_and_commits_are_refused(compare: Compare, arguments: list[str]) -> None:
    assert compare(*arguments).exit_code == 2
