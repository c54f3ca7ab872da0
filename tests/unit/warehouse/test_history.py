"""Start of the history: a first date before the data begins adds no history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from warehouse.history import history_start


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("create schema intermediate")
        con.execute("create table intermediate.int_order_days (activity_date date, orders integer)")
        yield con


def test_days_before_the_first_purchase_in_the_data_are_no_history(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        "insert into intermediate.int_order_days values ('2025-01-05', 1), ('2024-12-01', 0)"
    )

    assert history_start(con, date(2020, 1, 1)) == date(2025, 1, 5)
    assert history_start(con, date(2025, 3, 1)) == date(2025, 3, 1)


def test_without_purchases_the_configured_date_stands(con: duckdb.DuckDBPyConnection) -> None:
    assert history_start(con, date(2020, 1, 1)) == date(2020, 1, 1)
