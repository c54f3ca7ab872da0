from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from brief import archive
from brief.archive import find_page, write_briefs
from brief.errors import BriefError
from brief.page import Definitions
from tests.unit.brief.published_file import DAY, SHOP, a_day, published_file

EARLIER = DAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def pages_of_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are tested elsewhere; here each is its day and the number of rows of the file."""

    def line(con: duckdb.DuckDBPyConnection, day: date, _: Definitions) -> str:
        row = con.execute("select as_of_date from ops.publication").fetchone()
        assert row is not None
        return f"{day} as of {row[0]}"

    monkeypatch.setattr(archive, "brief_html", line)


def version(
    folder: Path,
    days: list[date],
    before: Path | None = None,
    changed: Collection[date] | None = frozenset(),
    removed: Collection[date] = (),
) -> Path:
    """A version of the published file with its pages."""
    folder.mkdir()
    rows = {
        "ops.data_quality_daily": [a_day(day)["ops.data_quality_daily"][0] for day in days],
        "ops.published_days": [{"snapshot_date": day, "is_removed": True} for day in removed],
    }
    database = published_file(folder / "holdfast.duckdb", rows, max(days, default=None))
    write_briefs(database, before, changed, definitions=SHOP)
    return folder


def pages(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "briefs").iterdir()}


def test_the_latest_day_has_a_page_of_its_own_and_is_the_brief(tmp_path: Path) -> None:
    one = version(tmp_path / "1", [EARLIER, DAY])
    assert pages(one) == {f"{DAY}.html": f"{DAY} as of {DAY}"}
    assert (one / "brief.html").read_text() == f"{DAY} as of {DAY}"


def test_pages_of_past_days_are_kept_as_they_were_without_a_copy(tmp_path: Path) -> None:
    one = version(tmp_path / "1", [EARLIER])
    two = version(tmp_path / "2", [EARLIER, DAY], one, {DAY})
    assert pages(two)[f"{EARLIER}.html"] == f"{EARLIER} as of {EARLIER}"
    assert (two / "briefs" / f"{EARLIER}.html").samefile(one / "briefs" / f"{EARLIER}.html")


@pytest.mark.parametrize("changed", [{EARLIER}, None])
def test_a_past_day_that_was_run_again_has_a_new_page(
    tmp_path: Path, changed: set[date] | None
) -> None:
    one = version(tmp_path / "1", [EARLIER])
    two = version(tmp_path / "2", [EARLIER, DAY], one, changed)
    assert pages(two)[f"{EARLIER}.html"] == f"{EARLIER} as of {DAY}"
    assert pages(one)[f"{EARLIER}.html"] == f"{EARLIER} as of {EARLIER}"


def test_a_day_whose_rows_were_removed_because_of_their_age_has_no_page(tmp_path: Path) -> None:
    one = version(tmp_path / "1", [EARLIER])
    two = version(tmp_path / "2", [EARLIER, DAY], one, {DAY}, removed=[EARLIER])
    assert pages(two).keys() == {f"{DAY}.html"}
    with pytest.raises(BriefError, match=rf"{EARLIER} was not published, or is kept no more"):
        find_page(two / "holdfast.duckdb", tmp_path / "other", EARLIER, SHOP)


def test_a_day_that_is_no_longer_published_has_no_page(tmp_path: Path) -> None:
    one = version(tmp_path / "1", [EARLIER])
    assert list(pages(version(tmp_path / "2", [DAY], one))) == [f"{DAY}.html"]


def test_a_file_without_a_day_has_no_page(tmp_path: Path) -> None:
    one = version(tmp_path / "1", [])
    assert pages(one) == {}
    assert not (one / "brief.html").exists()


def test_the_page_of_a_day_is_found_or_written_outside_the_published_folder(
    tmp_path: Path,
) -> None:
    one = version(tmp_path / "1", [EARLIER, DAY])
    (tmp_path / "holdfast.duckdb").symlink_to("1/holdfast.duckdb")
    (tmp_path / "briefs").symlink_to("1/briefs")
    published, other = tmp_path / "holdfast.duckdb", tmp_path / "other"
    latest = find_page(published, other, None, SHOP)
    assert (latest.day, latest.path) == (DAY, tmp_path / "briefs" / f"{DAY}.html")
    assert latest.database == (one / "holdfast.duckdb").resolve()
    earlier = find_page(published, other, EARLIER, SHOP)
    assert earlier.path == other / f"{EARLIER}.html"
    assert earlier.path.read_text() == f"{EARLIER} as of {DAY}"
    with pytest.raises(BriefError, match=f"published days: {EARLIER} to {DAY}"):
        find_page(published, other, DAY + timedelta(days=1), SHOP)


def test_nothing_is_found_before_a_publication(tmp_path: Path) -> None:
    with pytest.raises(BriefError, match="holdfast run"):
        find_page(tmp_path / "holdfast.duckdb", tmp_path, None, SHOP)
