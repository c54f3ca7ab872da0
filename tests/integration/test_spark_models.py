"""Compiled models of a company, translated for Spark."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import to_spark
from tests.integration.deployments import Deployment
from tests.spark_models.compiled import compiled_models

# Models whose rows grow with events, orders and their lines.
GROWING = (
    "staging/",
    "intermediate/events/",
    "intermediate/orders/",
    "intermediate/entities/",
    "features/feat_behaviour",
    "features/feat_purchases",
    "features/feat_category_demand",
    "features/feat_service",
)


@pytest.fixture(scope="module")
def relations(first_day: Deployment) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(first_day.home.root / "warehouse.duckdb"), read_only=True)


def test_all_models_that_grow_with_events_and_lines_are_translated(
    first_day: Deployment, relations: duckdb.DuckDBPyConnection
) -> None:
    models = compiled_models(first_day.home.root, *GROWING)
    assert {"stg_shop__events", "int_events_checked", "int_order_days", "feat_behaviour"} <= set(
        models
    )
    translated = {name: to_spark(sql, relations) for name, sql in models.items()}
    assert [
        name for name, sql in translated.items() if not sql.startswith(("WITH", "SELECT"))
    ] == []
