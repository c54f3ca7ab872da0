from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import duckdb
import pytest

from deployment.config import DeploymentConfig
from deployment.home import Home
from ml.churn.model import LoadedModel
from orchestration.training import evidence
from orchestration.training.evidence import read_evidence, why_due
from orchestration.training.retrain_reason import Evidence, Outcome

DAY = date(2026, 6, 30)
HOLDOUT = date(2025, 12, 1)
TEN_DAYS_AGO = DAY - timedelta(days=10)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            """
            create schema feedback;
            create table feedback.drift_daily as
            select * replace (psi::double as psi, weight::double as weight)
            from (values
                (date '2026-06-01', '3', 'always', 0.4, 'shifted', 0.2),
                (date '2026-06-01', '3', 'since', 0.0, 'stable', 0.3),
                (date '2026-06-29', '3', 'always', 0.4, 'shifted', 0.2),
                (date '2026-06-29', '3', 'since', 0.3, 'shifted', 0.3),
                (date '2026-06-29', '3', 'churn_probability', 0.26, 'shifted', 0.0),
                (date '2026-06-29', '2', 'another', 0.5, 'shifted', 0.9),
                (date '2026-07-15', '3', 'later', 0.5, 'shifted', 0.9)
            ) as rows (snapshot_date, model_version, feature, psi, level, weight);

            create table feedback.prediction_performance as
            select * replace (
                churn_rate::double as churn_rate,
                roc_auc::double as roc_auc,
                calibration_error::double as calibration_error
            )
            from (values
                (date '2025-12-01', '3', 2700, 0.33, 0.83, 0.02),
                (date '2026-03-31', '3', 2600, 0.30, 0.80, 0.03),
                (date '2026-04-01', '3', 2650, 0.31, 0.81, 0.03),
                (date '2026-04-02', '3', 2660, 0.32, 0.50, 0.30),
                (date '2026-04-01', '2', 2650, 0.31, 0.40, 0.50)
            ) as rows (
                snapshot_date, model_version, customers, churn_rate, roc_auc, calibration_error
            )
            """
        )
    return path


def used(version: str) -> LoadedModel:
    facts = SimpleNamespace(holdout_date=HOLDOUT, horizon_days=90)
    return cast(LoadedModel, SimpleNamespace(version=version, model=SimpleNamespace(facts=facts)))


def test_evidence_is_of_the_model_in_use_and_not_later_than_the_day(warehouse: Path) -> None:
    known = read_evidence(warehouse, used("3"), TEN_DAYS_AGO, DAY)

    assert known.measured_on == date(2026, 6, 29)
    assert known.newly_shifted == {"since": 0.3}
    assert known.score_psi == 0.26
    assert known.promised == Outcome(HOLDOUT, 2700, 0.33, 0.83, 0.02)
    # The horizon of 2 April passes on 1 July, a day too late.
    assert known.matured == Outcome(date(2026, 4, 1), 2650, 0.31, 0.81, 0.03)


def test_no_feature_is_newly_shifted_on_a_models_first_day(warehouse: Path) -> None:
    known = read_evidence(warehouse, used("3"), TEN_DAYS_AGO, date(2026, 6, 1))
    assert (known.measured_on, known.newly_shifted, known.score_psi) == (None, {}, None)


def test_evidence_is_empty_without_a_warehouse_and_has_what_its_tables_have(
    tmp_path: Path, warehouse: Path
) -> None:
    nothing = Evidence("3", TEN_DAYS_AGO)
    assert read_evidence(tmp_path / "none.duckdb", used("3"), TEN_DAYS_AGO, DAY) == nothing
    with duckdb.connect(str(warehouse)) as con:
        con.execute("drop table feedback.drift_daily")
    known = read_evidence(warehouse, used("3"), TEN_DAYS_AGO, DAY)
    assert known.measured_on is None
    assert known.promised is not None
    with duckdb.connect(str(warehouse)) as con:
        con.execute("drop table feedback.prediction_performance")
    assert read_evidence(warehouse, used("3"), TEN_DAYS_AGO, DAY) == replace(
        nothing, newly_shifted={}
    )


def test_the_decision_reads_no_published_file(
    demo_config: DeploymentConfig,
    warehouse: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = Home(tmp_path).create()
    home.published.write_bytes(b"damaged")
    models = SimpleNamespace(
        champion=lambda day: used("3"),
        last_trained=lambda day: TEN_DAYS_AGO,
        interrupted=lambda day: None,
    )
    monkeypatch.setattr(evidence, "Models", lambda *_: SimpleNamespace(churn_models=models))
    reason = why_due(demo_config, home, DAY)
    assert reason is not None
    assert reason.startswith("drift: the scores have shifted (PSI 0.26) since model 3")

    models.interrupted = lambda day: SimpleNamespace(version="4", as_of="2026-06-29")
    assert why_due(demo_config, home, DAY) == (
        "interrupted: the training as of 2026-06-29 was killed before its model 4 was judged"
    )
