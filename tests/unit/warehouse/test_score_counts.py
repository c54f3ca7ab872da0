from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from warehouse.score_counts import (
    EligibleCustomers,
    ScoreFaults,
    eligible_customers,
    score_faults,
)

DAY, BEFORE, LONG_AGO = date(2026, 6, 30), date(2026, 6, 26), date(2026, 6, 1)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(
            """
            create schema features;
            create schema ml;
            create table features.feat_customer_snapshots (
                snapshot_date date, customer_id varchar, is_eligible boolean
            );
            create table ml.churn_scores (
                snapshot_date date, customer_id varchar, model_version varchar,
                churn_probability double
            );
            """
        )
        yield con


def eligible(con: duckdb.DuckDBPyConnection, day: date, customers: int) -> None:
    con.execute(
        "insert into features.feat_customer_snapshots select ?, range, true from range(?)",
        [day, customers],
    )


def scored(con: duckdb.DuckDBPyConnection, day: date, probabilities: list[float]) -> None:
    con.executemany(
        "insert into ml.churn_scores values (?, ?, '3', ?)",
        [(day, str(number), value) for number, value in enumerate(probabilities)],
    )


def test_eligible_customers_are_compared_with_the_latest_scored_day_of_a_week(
    con: duckdb.DuckDBPyConnection,
) -> None:
    eligible(con, DAY, 4)
    scored(con, LONG_AGO, [0.1] * 100)
    assert eligible_customers(con, DAY) == EligibleCustomers(4, 0)
    scored(con, BEFORE, [0.1] * 9)
    assert eligible_customers(con, DAY) == EligibleCustomers(4, 9)


def test_fewer_than_half_of_those_scored_before_are_not_enough() -> None:
    assert not EligibleCustomers(0, 0).are_enough
    assert not EligibleCustomers(4, 9).are_enough
    assert EligibleCustomers(5, 10).are_enough
    assert EligibleCustomers(1, 0).are_enough


def test_missing_repeated_and_invalid_scores_are_counted(con: duckdb.DuckDBPyConnection) -> None:
    eligible(con, DAY, 5)
    scored(con, DAY, [0.1, 0.2, 1.5])
    scored(con, DAY, [0.1])
    found = score_faults(con, DAY)
    assert found == ScoreFaults(missing=2, repeated=1, outside=1, sole_score_of=None)
    assert found.are_countable
    assert not score_faults(con, BEFORE).are_countable


def test_a_version_that_scores_all_customers_alike_is_named_from_101_customers_on(
    con: duckdb.DuckDBPyConnection,
) -> None:
    scored(con, DAY, [0.3] * 100)
    assert score_faults(con, DAY).sole_score_of is None
    scored(con, BEFORE, [0.3] * 101)
    assert score_faults(con, BEFORE).sole_score_of == "3"
