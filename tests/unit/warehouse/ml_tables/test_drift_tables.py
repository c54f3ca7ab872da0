from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest

from warehouse.connection import create_tables
from warehouse.ml_tables import drift_tables
from warehouse.ml_tables.drift_tables import (
    accepted_since,
    counts_of,
    earlier_counts_of,
    earlier_date,
    replace_counts,
    training_rows,
    version_of,
)

DAY = date(2026, 6, 30)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        create_tables(con)
        yield con


def scored(con: duckdb.DuckDBPyConnection, *days_before: int) -> None:
    for days in days_before:
        con.execute(
            "insert into ml.churn_scores (snapshot_date, customer_id, model_version,"
            " churn_probability) values (?, 'c1', '1', 0.5)",
            [DAY - timedelta(days=days)],
        )


def counts(customers: list[int]) -> pa.Table:
    return pa.table(
        {
            "feature": ["orders"] * len(customers),
            "bin": pa.array(range(len(customers)), pa.int32()),
            "customers": pa.array(customers, pa.int64()),
        }
    )


@pytest.mark.parametrize(
    ("days_before", "compared"),
    [([], None), ([1], 1), ([20, 3, 1], 20), ([40, 28, 27, 1], 28), ([60, 40], 40)],
)
def test_a_day_is_compared_with_the_latest_scored_date_four_weeks_before_or_the_earliest(
    con: duckdb.DuckDBPyConnection, days_before: list[int], compared: int | None
) -> None:
    scored(con, *days_before)
    expected = None if compared is None else DAY - timedelta(days=compared)
    assert earlier_date(con, DAY) == expected


def test_dates_of_the_same_run_are_compared_too(con: duckdb.DuckDBPyConnection) -> None:
    scored(con, 20)
    assert earlier_date(con, DAY, [DAY - timedelta(days=28)]) == DAY - timedelta(days=28)


def test_counts_of_a_day_are_replaced_with_those_of_the_earlier_date(
    con: duckdb.DuckDBPyConnection,
) -> None:
    before = DAY - timedelta(days=28)
    for _ in range(2):
        replace_counts(con, DAY, "7", counts([3, 4]), {before: counts([5])})
    assert version_of(con, DAY) == "7"
    assert counts_of(con, DAY, "7").column("customers").to_pylist() == [3, 4]
    assert counts_of(con, DAY, "8").num_rows == 0
    assert earlier_counts_of(con, DAY).to_pylist() == [
        {"feature": "orders", "bin": 0, "customers": 5}
    ]


def test_the_sample_of_training_rows_has_whole_customers_and_is_repeatable(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [DAY - timedelta(days=30 * number) for number in range(3)]
    con.execute("create schema features")
    con.execute(
        "create table features.feat_customer_snapshots as"
        " select day as snapshot_date, 'c' || no as customer_id, no % 10 > 0 as is_eligible"
        " from unnest($1::date[]) as dates (day), range(1000) as numbers (no)",
        [days],
    )
    assert training_rows(con, days).num_rows == 2_700
    monkeypatch.setattr(drift_tables, "MAX_REFERENCE_ROWS", 900)
    sampled = training_rows(con, days)
    assert 700 < sampled.num_rows < 1_100
    customers = sampled.column("customer_id").to_pylist()
    assert {customers.count(customer) for customer in customers} == {3}
    assert sorted(training_rows(con, days).column("customer_id").to_pylist()) == sorted(customers)


def test_an_acceptance_is_valid_from_its_date_on(con: duckdb.DuckDBPyConnection) -> None:
    for days in (10, 5):
        con.execute(
            "insert into ops.accepted_drift values (?, 'orders', '1', 0.9, now(), 'ann', null)",
            [DAY - timedelta(days=days)],
        )
    assert accepted_since(con, DAY) == {"orders": DAY - timedelta(days=5)}
    assert accepted_since(con, DAY - timedelta(days=7)) == {"orders": DAY - timedelta(days=10)}
    assert accepted_since(con, DAY - timedelta(days=11)) == {}
