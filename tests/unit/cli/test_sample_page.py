"""The sample page: an excerpt of each main table, from a published file."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from cli.sample_page import EXCERPTS, ROWS, sample_page


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """Tables with the excerpts' columns and more rows than the page shows, over two days."""
    with duckdb.connect() as con:
        for excerpt in EXCERPTS:
            schema, _ = excerpt.label.split(".")
            named = {
                name.split()[0] for name in f"{excerpt.columns}, {excerpt.order_by}".split(", ")
            }
            others = ", ".join(f"number as {name}" for name in sorted(named - {"snapshot_date"}))
            con.execute(f"create schema if not exists {schema}")
            con.execute(
                f"create table {excerpt.label} as select"
                f" date '2026-06-01' + cast(number % 2 as integer)"
                f" as snapshot_date, {others} from range({4 * ROWS}) as numbers (number)"
            )
            con.execute(f"comment on table {excerpt.label} is 'About <{excerpt.label}>.'")
        yield con


def test_each_table_has_its_description_and_first_rows(
    published: duckdb.DuckDBPyConnection,
) -> None:
    sections = sample_page(published).split("\n## ")[1:]

    assert [section.splitlines()[0] for section in sections] == [one.label for one in EXCERPTS]
    for section, excerpt in zip(sections, EXCERPTS, strict=True):
        rows = [line for line in section.splitlines() if line.startswith("|")]
        assert rows[0] == f"| {excerpt.columns.replace(', ', ' | ')} |"
        assert len(rows) == 2 + ROWS
        assert f"About \\<{excerpt.label}\\>." in section.replace("\\_", "_")


def test_a_daily_table_shows_its_latest_day(published: duckdb.DuckDBPyConnection) -> None:
    [risk] = [part for part in sample_page(published).split("\n## ") if "risk_daily" in part[:40]]

    # Odd numbers are rows of the later day; the order is by value at risk, descending.
    assert "| 19 |" in risk
    assert "| 18 |" not in risk
