"""Readers that hold a connection while a new version is published, all in this process."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.company import FIRST, Company, write_page
from warehouse.published.tables import PublicationError


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path).create()


def days_in(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return con.execute("select as_of_date from ops.publication").fetchall()


def test_a_new_connection_reads_the_new_day_though_the_process_holds_an_old_one(
    company: Company,
) -> None:
    """A dashboard's server: it holds a connection for each of its sessions."""
    company.run(0)
    company.publish()
    old_day, new_day = [(FIRST,)], [(FIRST + timedelta(days=1),)]
    with duckdb.connect(str(company.published), read_only=True) as held:
        assert days_in(held) == old_day
        company.run(1)
        company.publish()
        for path in (company.published, company.published.resolve()):
            with duckdb.connect(str(path), read_only=True) as again:
                assert days_in(again) == new_day
        assert days_in(held) == old_day
        # The catalogue is named after the file, also by the resolved path.
        with duckdb.connect(str(company.published.resolve()), read_only=True) as again:
            assert again.execute("select as_of_date from holdfast.ops.publication").fetchall()


def test_a_server_with_one_connection_attaches_the_new_version_beside_the_old_one(
    company: Company,
) -> None:
    company.run(0)
    company.publish()
    with duckdb.connect() as server:
        for offset in (0, 1):
            if offset:
                company.run(offset)
                company.publish()
            version = company.published.resolve()
            server.execute(f"attach '{version}' as day_{offset} (read_only); use day_{offset}")
            assert days_in(server) == [(FIRST + timedelta(days=offset),)]
        server.execute("detach day_0")
        assert days_in(server) == [(FIRST + timedelta(days=1),)]


def test_the_version_before_stays_until_the_next_publication(company: Company) -> None:
    resolved = []
    for offset in range(4):
        company.run(offset)
        company.publish()
        resolved.append(company.published.resolve())
    assert [path.exists() for path in resolved] == [False, False, True, True]
    assert [path.parent.name for path in resolved] == ["000001", "000002", "000003", "000004"]


def test_a_file_of_an_earlier_release_gives_way_to_the_link(company: Company) -> None:
    company.run(0)
    company.publish()
    content = company.published.read_bytes()
    company.published.unlink()
    company.published.write_bytes(content)
    company.run(1)
    company.publish()
    assert company.published.is_symlink()
    assert company.read("select count(*) from activation.risks") == [(6,)]


def test_a_home_that_was_copied_with_its_links_followed_publishes_again(
    company: Company, tmp_path: Path
) -> None:
    company.run(0)
    company.publish()
    followed = tmp_path / "followed"
    shutil.copytree(company.published.parent, followed)
    shutil.rmtree(company.published.parent)
    followed.rename(company.published.parent)
    company.run(1)
    company.publish()
    assert company.published.is_symlink()
    with duckdb.connect(str(company.published), read_only=True) as con:
        assert days_in(con) == [(FIRST + timedelta(days=1),)]


def test_without_symbolic_links_nothing_is_published_and_the_message_names_the_remedy(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.run(0)
    company.publish()
    before = company.everything()

    def refused(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "symlink_to", refused)
    company.run(1)
    with pytest.raises(PublicationError, match="set HOLDFAST_HOME to a file system that has them"):
        company.publish()
    assert company.everything() == before


def test_a_companion_is_published_with_the_file_and_knows_what_changed(company: Company) -> None:
    seen: list[tuple[Path | None, Collection[date] | None]] = []

    def note(database: Path, before: Path | None, changed: Collection[date] | None) -> None:
        assert company.published.resolve() != database
        seen.append((before, changed))
        write_page(database, before, changed)

    page = company.published.with_name("page.html")
    for offset in (0, 1):
        company.run(offset)
        company.publish(companions=[note])
        assert page.read_text() == str(FIRST + timedelta(days=offset))
        assert page.resolve().parent == company.published.resolve().parent
    (first, unknown), (second, changed) = seen
    assert (first, unknown, changed) == (None, None, {FIRST + timedelta(days=1)})
    assert second is not None
    assert (second / "page.html").read_text() == str(FIRST)


def test_a_companion_that_fails_leaves_file_and_page_as_they_were(company: Company) -> None:
    company.run(0)
    company.publish(companions=[write_page])
    versions = company.published.parent / "versions"
    before = company.everything(), sorted(versions.iterdir())

    def fail(*_: object) -> None:
        raise ValueError("no page")

    company.run(1)
    with pytest.raises(ValueError, match="no page"):
        company.publish(companions=[write_page, fail])
    assert (company.everything(), sorted(versions.iterdir())) == before
    assert company.published.with_name("page.html").read_text() == str(FIRST)
