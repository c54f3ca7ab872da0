"""Changed rows of a published table: replaced alone, where each row has a key of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.published.changed_rows import LEAST_ROWS, replace_changed_rows
from warehouse.published.tables import PublishedTable

ORDERS = PublishedTable("marts", "orders", ("source", "order_id"))
COLUMNS = "source, order_id, amount"
ROWS = 100


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with a column that is not published, and a published file of equal rows."""
    with duckdb.connect() as connection:
        for database in ("warehouse", "fresh"):
            connection.execute(f"attach '{tmp_path / database}.duckdb' as {database}")
            connection.execute(f"create schema {database}.marts")
        connection.execute(
            "create table warehouse.marts.orders as"
            " select 'shop' as source, range as order_id, range::double as amount, 1 as _load_id"
            f" from range({ROWS})"
        )
        connection.execute(
            f"create table fresh.marts.orders as select {COLUMNS} from warehouse.marts.orders"
        )
        yield connection


def replaced(con: duckdb.DuckDBPyConnection) -> bool:
    return replace_changed_rows(con, ORDERS, COLUMNS, least_rows=1)


def difference(con: duckdb.DuckDBPyConnection) -> int:
    """Number of rows that are on one side only."""
    here, there = (f"select {COLUMNS} from {name}.marts.orders" for name in ("warehouse", "fresh"))
    rows = con.execute(f"({here} except all {there}) union all ({there} except all {here})")
    return len(rows.fetchall())


def test_changed_new_and_removed_rows_are_replaced(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update warehouse.marts.orders set amount = null where order_id = 3")
    con.execute("insert into warehouse.marts.orders values ('app', 3, 7.5, 2), ('shop', 900, 1, 2)")
    con.execute("delete from warehouse.marts.orders where order_id in (50, 51)")
    assert difference(con) == 6

    assert replaced(con)

    assert difference(con) == 0


def test_equal_rows_stay_where_they_are(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update warehouse.marts.orders set _load_id = 2")
    before = con.execute("select rowid, * from fresh.marts.orders order by rowid").fetchall()

    assert replaced(con)

    assert (
        con.execute("select rowid, * from fresh.marts.orders order by rowid").fetchall() == before
    )


def test_a_table_that_changed_as_a_whole_is_left_to_be_written(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute("update warehouse.marts.orders set amount = amount + 1")

    assert not replaced(con)

    assert difference(con) == 2 * ROWS


def test_a_row_without_a_key_leaves_the_table_to_be_written(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update warehouse.marts.orders set order_id = null where order_id = 3")

    assert not replaced(con)


def test_few_rows_are_left_to_be_written(con: duckdb.DuckDBPyConnection) -> None:
    assert ROWS < LEAST_ROWS
    assert not replace_changed_rows(con, ORDERS, COLUMNS)
