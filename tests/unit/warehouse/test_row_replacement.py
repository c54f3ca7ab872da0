from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from warehouse.row_replacement import replace_rows

ONE, OTHER = date(2026, 6, 1), date(2026, 6, 2)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create table scores (day date, customer varchar, score double not null)")
        con.execute("insert into scores values (?, 'a', 1), (?, 'a', 2)", [ONE, OTHER])
        yield con


def scores(con: duckdb.DuckDBPyConnection) -> list[tuple[date, str, float]]:
    return con.execute("from scores order by all").fetchall()


def rows(score: float | None) -> pa.Table:
    # Another order of columns than the table's: they are matched by name.
    return pa.table(
        {"score": pa.array([score], pa.float64()), "customer": ["b"], "day": pa.array([ONE])}
    )


def test_rows_of_the_given_keys_are_replaced_and_all_others_kept(
    con: duckdb.DuckDBPyConnection,
) -> None:
    replace_rows(con, "scores", "day", [ONE], rows(3))
    assert scores(con) == [(ONE, "b", 3.0), (OTHER, "a", 2.0)]


def test_rows_that_cannot_be_inserted_delete_nothing(con: duckdb.DuckDBPyConnection) -> None:
    before = scores(con)
    with pytest.raises(duckdb.ConstraintException, match="NOT NULL"):
        replace_rows(con, "scores", "day", [ONE], rows(None))
    assert scores(con) == before


def test_without_new_rows_the_keys_become_empty(con: duckdb.DuckDBPyConnection) -> None:
    replace_rows(con, "scores", "day", [ONE, OTHER], rows(3).slice(0, 0))
    assert scores(con) == []
