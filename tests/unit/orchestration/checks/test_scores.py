from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from orchestration.checks.scores import scores_check
from tests.unit.orchestration.checks.conftest import DAY, PARTITIONS, Evaluate
from warehouse.connection import Warehouse


def models(*, is_average: bool) -> SimpleNamespace:
    """Models of which each version is, or is not, a base rate."""
    loaded = SimpleNamespace(model=SimpleNamespace(is_average=is_average))
    return SimpleNamespace(churn_models=SimpleNamespace(load=lambda version: loaded))


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse with 200 eligible customers, all scored alike."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            f"""
            create schema features;
            create schema ml;
            create table features.feat_customer_snapshots as
            select date '{DAY}' as snapshot_date, range as customer_id, true as is_eligible
            from range(200);
            create table ml.churn_scores as
            select
                snapshot_date, customer_id, '3' as model_version, 0.3::double as churn_probability
            from features.feat_customer_snapshots;
            """
        )
    return Warehouse(path)


def test_equal_scores_pass_if_the_model_is_the_base_rate(
    warehouse: Warehouse, evaluate: Evaluate
) -> None:
    check = scores_check(PARTITIONS)
    assert evaluate(check, warehouse=warehouse, models=models(is_average=True)).passed
    found = evaluate(check, warehouse=warehouse, models=models(is_average=False))
    assert not found.passed
    assert found.description == "2026-06-30: model 3 gave all customers the same score"


def test_a_missing_score_blocks_with_the_number_of_customers(
    warehouse: Warehouse, evaluate: Evaluate
) -> None:
    with warehouse.connect() as con:
        con.execute("delete from ml.churn_scores where customer_id < 2")
    found = evaluate(scores_check(PARTITIONS), warehouse=warehouse, models=models(is_average=True))
    assert not found.passed
    assert found.blocking
    assert found.description == (
        "2026-06-30: 2 eligible customers without a score, 0 repeated scores, 0 scores outside "
        "0 to 1"
    )
