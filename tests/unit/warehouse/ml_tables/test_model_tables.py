from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from ml.schemas import BEHAVIOUR_GROUPS, REASON_EVIDENCE
from ml.value.customer_value import VALUE_COLUMNS
from warehouse.connection import create_tables
from warehouse.ml_tables.model_tables import (
    attributes_dated_from,
    attributes_of,
    behaviour_groups_before,
    behaviour_of,
    features_of,
    histories_of,
    replace_behaviour_groups,
    replace_churn_scores,
    replace_reason_evidence,
)

DAY = date(2026, 6, 30)


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Four customers, of whom c2 has never bought and c3 is not eligible."""
    values = ", ".join(f"no::double as {column}" for column in VALUE_COLUMNS)
    with duckdb.connect() as con:
        create_tables(con)
        con.execute("create schema features")
        con.execute(
            f"""
            create table features.feat_customer_snapshots as
            select
                date '{DAY}' as snapshot_date, 'c' || no as customer_id, no != 3 as is_eligible,
                'DE' as country, if(no = 2, 0, 1) as orders_365d, 200 as days_since_last_activity,
                0 as active_subscriptions, {values}
            from (values (4), (1), (3), (2)) as numbers (no)
            """
        )
        yield con


def customers(table: pa.Table) -> list[str]:
    return table.column("customer_id").to_pylist()


def test_only_eligible_customers_are_scored(con: duckdb.DuckDBPyConnection) -> None:
    assert sorted(customers(features_of(con, DAY))) == ["c1", "c2", "c4"]


def test_histories_include_all_customers_and_are_sorted(con: duckdb.DuckDBPyConnection) -> None:
    histories = histories_of(con, DAY)
    assert customers(histories) == ["c1", "c2", "c3", "c4"]
    assert histories.column_names == ["customer_id", *VALUE_COLUMNS]


def test_attributes_are_the_text_and_boolean_features(con: duckdb.DuckDBPyConnection) -> None:
    assert attributes_of(con, DAY).column_names == ["customer_id", "is_eligible", "country"]


def test_attributes_are_dated_once_every_source_has_delivered_a_second_time(
    con: duckdb.DuckDBPyConnection,
) -> None:
    con.execute(
        """
        create schema intermediate;
        create table intermediate.int_customers_versions as select * from (values
            ('crm', date '0001-01-01'), ('crm', date '2026-06-02'), ('crm', date '2026-06-20'),
            ('shop', date '0001-01-01')
        ) as versions (source, known_from)
        """
    )
    assert attributes_dated_from(con) == date(2026, 6, 2)
    con.execute("insert into intermediate.int_customers_versions values ('shop', '2026-06-09')")
    assert attributes_dated_from(con) == date(2026, 6, 9)
    con.execute("delete from intermediate.int_customers_versions where known_from > '0001-01-01'")
    assert attributes_dated_from(con) is None


def test_groups_are_found_among_customers_with_recent_behaviour(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert sorted(customers(behaviour_of(con, DAY))) == ["c1", "c3", "c4"]


def test_the_groups_of_a_day_are_used_from_the_next_day_on(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into ml.behaviour_groups values (?, 'one', 'orders', 0, 1, 0, 0, 1)", [DAY])
    assert behaviour_groups_before(con, DAY).num_rows == 0
    replace_behaviour_groups(con, date(2026, 7, 1), None)  # none were found: the old ones stay
    assert behaviour_groups_before(con, date(2026, 7, 2)).column("as_of_date").to_pylist() == [DAY]
    assert set(BEHAVIOUR_GROUPS.names) <= set(behaviour_groups_before(con, DAY).column_names)


def test_evidence_for_reasons_is_replaced_by_model(con: duckdb.DuckDBPyConnection) -> None:
    for version, lift in (("1", 1.5), ("2", 2.0), ("2", 3.0)):
        band = {
            "model_version": version,
            "feature": "returns",
            "band": 1,
            "customers": 60,
            "churn_rate": 0.5,
            "lift": lift,
            "is_reason": True,
        }
        evidence = pa.Table.from_pylist([band], schema=REASON_EVIDENCE)
        replace_reason_evidence(con, version, evidence)
    kept = con.execute("select model_version, lift from ml.reason_evidence order by 1").fetchall()
    assert kept == [("1", 1.5), ("2", 3.0)]


def test_scores_of_a_date_are_replaced(con: duckdb.DuckDBPyConnection) -> None:
    for probability in (0.1, 0.2):
        scores = pa.table(
            {
                "snapshot_date": pa.array([DAY]),
                "customer_id": ["c1"],
                "model_version": ["1"],
                "churn_probability": [probability],
            }
        )
        replace_churn_scores(con, [DAY], scores)
    assert con.execute("select churn_probability from ml.churn_scores").fetchall() == [(0.2,)]
