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


def test_statements_in_a_transaction_are_committed(con: duckdb.DuckDBPyConnection) -> None:
    with transaction(con):
        con.execute("insert into kept values (1)")
        con.execute("insert into kept values (2)")
    with con.cursor() as other:
        assert numbers(other) == [1, 2]


def test_an_interrupted_transaction_is_rolled_back_and_the_connection_usable(
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


def test_a_failed_commit_keeps_its_reason(con: duckdb.DuckDBPyConnection) -> None:
    def twice() -> None:
        with con.cursor() as other, transaction(con):
            con.execute("insert into kept values (1)")
            with transaction(other):
                other.execute("insert into kept values (1)")

    with pytest.raises(duckdb.TransactionException, match="duplicate key"):
        twice()
    assert numbers(con) == [1]
