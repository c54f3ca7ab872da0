from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from warehouse.transaction import transaction


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create table kept (number integer primary key)")
        yield con


def numbers(con: duckdb.DuckDBPyConnection) -> list[int]:
    return [number for (number,) in con.execute("from kept order by number").fetchall()]


def test_what_is_done_within_is_kept(con: duckdb.DuckDBPyConnection) -> None:
    with transaction(con):
        con.execute("insert into kept values (1)")
        con.execute("insert into kept values (2)")
    with con.cursor() as other:
        assert numbers(other) == [1, 2]


def test_what_is_interrupted_leaves_nothing_and_the_connection_of_use(
    con: duckdb.DuckDBPyConnection,
) -> None:
    def interrupted() -> None:
        with transaction(con):
            con.execute("insert into kept values (1)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with transaction(con):
        con.execute("insert into kept values (2)")
    assert numbers(con) == [2]


def test_what_cannot_be_committed_says_why(con: duckdb.DuckDBPyConnection) -> None:
    def twice() -> None:
        with con.cursor() as other, transaction(con):
            con.execute("insert into kept values (1)")
            with transaction(other):
                other.execute("insert into kept values (1)")

    with pytest.raises(duckdb.TransactionException, match="duplicate key"):
        twice()
    assert numbers(con) == [1]
