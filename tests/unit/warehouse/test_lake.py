from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.lake import Lake

COLUMNS = {"id": "INTEGER", "name": "VARCHAR"}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "the company's lake")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema intermediate")
        yield con


def build(con: duckdb.DuckDBPyConnection, lake: Lake, *rows: str) -> list[Path]:
    """Write each relation to a file of a new build, and let the view read these files only."""
    folder = lake.new_folder("intermediate", "events")
    folder.mkdir(parents=True)
    files = [folder / f"{number}.parquet" for number in range(len(rows))]
    for path, relation in zip(files, rows, strict=True):
        con.sql(f"from {relation}").write_parquet(str(path))
    query = lake.view(files, COLUMNS)
    con.execute(f"create or replace view intermediate.events as {query}")
    return files


def rows(con: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return con.execute("from intermediate.events order by all").fetchall()


def test_a_view_has_the_columns_and_types_and_null_where_a_file_lacks_one(
    con: duckdb.DuckDBPyConnection, lake: Lake
) -> None:
    build(con, lake, "(values (1::bigint)) as t (id)", "(values ('b', 2)) as t (name, id)")
    assert rows(con) == [(1, None), (2, "b")]
    described = con.execute("describe intermediate.events").fetchall()
    assert {name: kind for name, kind, *_ in described} == COLUMNS


def test_the_files_of_a_table_are_those_that_its_view_reads(
    con: duckdb.DuckDBPyConnection, lake: Lake
) -> None:
    con.execute("create view intermediate.other as select 1 as id")
    assert lake.files(con, "intermediate", "events") is None
    files = build(con, lake, "(values (1, 'a')) as t (id, name)")
    assert lake.files(con, "intermediate", "events") == files
    assert lake.files(con, "intermediate", "other") is None


def test_a_sweep_deletes_what_no_view_reads_such_as_the_files_of_a_killed_build(
    con: duckdb.DuckDBPyConnection, lake: Lake
) -> None:
    first = build(con, lake, "(values (1, 'a')) as t (id, name)")
    second = build(con, lake, "(values (2, 'b')) as t (id, name)")
    killed = lake.new_folder("intermediate", "events")
    (killed / "_temporary").mkdir(parents=True)
    (second[0].parent / "replaced.parquet").touch()
    lake.sweep(con, "intermediate", "events")
    assert rows(con) == [(2, "b")]
    assert [path.exists() for path in (*first, *second, killed)] == [False, True, False]
    assert list(second[0].parent.iterdir()) == second


def test_views_follow_a_moved_lake(
    con: duckdb.DuckDBPyConnection, lake: Lake, tmp_path: Path
) -> None:
    build(con, lake, "(values (1, 'a')) as t (id, name)")
    moved = Lake(lake.root.rename(tmp_path / "another place"))
    moved.follow(con)
    assert rows(con) == [(1, "a")]


def test_tables_are_brought_back_into_the_file(con: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    build(con, lake, "(values (1, 'a')) as t (id, name)")
    assert lake.bring_back(con) == ["intermediate.events"]
    assert not lake.root.exists()
    assert rows(con) == [(1, "a")]
    assert con.execute("select table_name from duckdb_tables()").fetchall() == [("events",)]
