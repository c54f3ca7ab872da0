from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from deployment.config import Drift
from ml.monitoring.drift import Shift
from orchestration.checks.drift import NOTHING_TO_COMPARE_WITH, drift_check
from orchestration.drift import gate
from tests.unit.orchestration.checks.conftest import DAY, PARTITIONS, Evaluate
from warehouse.connection import Warehouse

SHIFT = Shift("plan", 0.9, 0.01, 0.8, 0.01, null_share=0.0, reference_null_share=0.0)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect() as con:
        con.execute("create schema seeds")
        con.execute(
            "create table seeds.feature_catalogue (feature varchar, comparable_after_days integer)"
        )
    return warehouse


def test_a_warehouse_without_training_rows_is_a_warning_that_names_the_command(
    warehouse: Warehouse, evaluate: Evaluate
) -> None:
    found = evaluate(drift_check(PARTITIONS, Drift()), warehouse=warehouse)
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert found.description == f"{DAY}: {NOTHING_TO_COMPARE_WITH}"


@pytest.mark.parametrize(
    ("on_shift", "severity"),
    [("hold", dg.AssetCheckSeverity.ERROR), ("warn", dg.AssetCheckSeverity.WARN)],
)
def test_a_drifted_feature_blocks_or_warns_as_configured(
    warehouse: Warehouse,
    evaluate: Evaluate,
    monkeypatch: pytest.MonkeyPatch,
    on_shift: str,
    severity: dg.AssetCheckSeverity,
) -> None:
    monkeypatch.setattr(gate, "blocking_shifts", lambda con, day, bound: [SHIFT])
    monkeypatch.setattr(gate, "shifts_of", lambda con, day: [SHIFT])
    rule = Drift.model_validate({"on_shift": on_shift})
    found = evaluate(drift_check(PARTITIONS, rule), warehouse=warehouse)
    assert not found.passed
    assert found.severity is severity
    assert found.metadata["largest_psi"].value == 0.9
