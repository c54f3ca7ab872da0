from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.checks.eligible_customers import eligible_customers_check
from tests.unit.orchestration.checks.conftest import DAY, PARTITIONS, Evaluate
from warehouse.connection import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse with four eligible customers."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            f"""
            create schema features;
            create schema ml;
            create table features.feat_customer_snapshots as
            select date '{DAY}' as snapshot_date, true as is_eligible from range(4);
            create table ml.churn_scores (snapshot_date date);
            """
        )
    return Warehouse(path)


def test_enough_eligible_customers_pass_with_their_number(
    warehouse: Warehouse, evaluate: Evaluate
) -> None:
    found = evaluate(eligible_customers_check(PARTITIONS), warehouse=warehouse)
    assert found.passed
    assert found.blocking
    assert found.metadata[DAY].value == 4


def test_fewer_than_half_of_those_scored_before_block_with_both_numbers(
    warehouse: Warehouse, evaluate: Evaluate
) -> None:
    with warehouse.connect() as con:
        con.execute("insert into ml.churn_scores select date '2026-06-29' from range(9)")
    found = evaluate(eligible_customers_check(PARTITIONS), warehouse=warehouse)
    assert not found.passed
    assert found.description == (
        "2026-06-30: 4 customers are eligible, 9 were scored in the week before: look at the "
        "latest deliveries"
    )
