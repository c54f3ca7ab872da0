from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import duckdb
import pytest

from deployment.config import Drift
from ml.churn.model import LoadedModel
from orchestration.retraining import (
    RETRAIN_REASON,
    Evidence,
    Outcome,
    read_evidence,
    retrain_reason,
    why_trained,
)

DAY = date(2026, 6, 30)
HOLDOUT = date(2025, 12, 1)
RULE = Drift()
TEN_DAYS_AGO = DAY - timedelta(days=10)

PROMISED = Outcome(HOLDOUT, 2_700, 0.33, 0.830, 0.02)
KEPT = Outcome(date(2026, 4, 1), 2_700, 0.33, 0.815, 0.03)


def reason(evidence: Evidence, every_days: int = 30) -> str | None:
    return retrain_reason(evidence, DAY, RULE, every_days)


def steady(trained_on: date = TEN_DAYS_AGO) -> Evidence:
    """A model that holds what it promised."""
    return Evidence(
        "3",
        trained_on,
        measured_on=DAY,
        newly_shifted={"touches_90d": 0.05},
        promised=PROMISED,
        matured=KEPT,
    )


def test_a_model_that_holds_what_it_promised_is_left_alone() -> None:
    assert reason(steady()) is None
    assert reason(Evidence("3", TEN_DAYS_AGO)) is None


def test_the_calendar_asks_when_the_days_have_passed() -> None:
    assert reason(steady(DAY - timedelta(days=29))) is None
    said = reason(steady(DAY - timedelta(days=30)))
    assert said == (
        "calendar: the latest training was as of 2026-05-31, and on 2026-06-30 the next is due, "
        "30 days after it"
    )


def test_features_that_carry_much_of_what_the_model_says_ask_when_they_have_shifted() -> None:
    weights = {f"feature_{number}": 0.05 for number in range(6)}
    assert reason(replace(steady(), newly_shifted=weights)) is None
    said = reason(replace(steady(), newly_shifted={**weights, "orders_90d": 0.15}))
    assert said == (
        "drift: features that carry 45% of what the model says (bound 30%) have shifted on "
        "2026-06-30, and had not when model 3 was first used: orders_90d, feature_0, feature_1, "
        "feature_2, feature_3 and 2 more"
    )


def test_the_score_asks_by_itself() -> None:
    said = reason(replace(steady(), score_psi=0.31))
    assert said is not None
    assert said.startswith("drift: the scores have shifted (PSI 0.31) on 2026-06-30")


def test_predictions_that_came_true_worse_than_promised_ask() -> None:
    said = reason(replace(steady(), matured=replace(KEPT, roc_auc=0.760)))
    assert said is not None
    assert said.startswith("decay: what model 3 said on 2026-04-01 has come true with a ROC AUC of")
    assert "0.760; its holdout of 2025-12-01 promised 0.830" in said


def test_few_customers_must_do_far_worse_before_it_is_not_chance() -> None:
    few = replace(steady(), promised=replace(PROMISED, customers=120))
    assert reason(replace(few, matured=replace(KEPT, customers=120, roc_auc=0.76))) is None
    assert reason(replace(few, matured=replace(KEPT, customers=120, roc_auc=0.60))) is not None


def test_probabilities_that_were_wrong_ask_though_the_ranking_was_right() -> None:
    said = reason(replace(steady(), matured=replace(KEPT, calibration_error=0.15)))
    assert said is not None
    assert "a calibration error of 0.150" in said
    small = replace(KEPT, customers=100, calibration_error=0.15)
    assert reason(replace(steady(), matured=small)) is None


def test_after_a_training_drift_and_decay_are_not_heard_for_a_week() -> None:
    worst = replace(
        steady(DAY - timedelta(days=6)), score_psi=1.0, matured=replace(KEPT, roc_auc=0.5)
    )
    assert reason(worst) is None
    assert reason(replace(worst, trained_on=DAY - timedelta(days=7))) is not None


def test_a_run_says_why_it_trains_by_its_tag() -> None:
    assert why_trained({RETRAIN_REASON: "drift: it has shifted"}) == "drift: it has shifted"
    assert why_trained({"dagster/partition": "2026-06-30"}) == "a person asked for it"


def test_the_error_of_a_roc_auc_is_what_its_source_gives() -> None:
    # Hanley and McNeil 1982, the example of 51 abnormal and 58 normal images: AUC .893, SE .032.
    images = Outcome(DAY, 109, 51 / 109, 0.893, 0.0)
    assert images.auc_error == pytest.approx(0.032, abs=0.001)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "holdfast.duckdb"
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


def test_what_is_known_on_a_day_is_of_the_model_in_use_and_nothing_later(published: Path) -> None:
    known = read_evidence(published, used("3"), TEN_DAYS_AGO, DAY)

    assert known.measured_on == date(2026, 6, 29)
    assert known.newly_shifted == {"since": 0.3}
    assert known.score_psi == 0.26
    assert known.promised == Outcome(HOLDOUT, 2700, 0.33, 0.83, 0.02)
    # The horizon of 2 April passes on 1 July, a day too late.
    assert known.matured == Outcome(date(2026, 4, 1), 2650, 0.31, 0.81, 0.03)


def test_on_the_first_day_of_a_model_nothing_has_shifted_since(published: Path) -> None:
    known = read_evidence(published, used("3"), TEN_DAYS_AGO, date(2026, 6, 1))
    assert (known.measured_on, known.newly_shifted, known.score_psi) == (None, {}, None)


def test_without_a_published_file_or_one_from_before_drift_was_measured_nothing_is_known(
    tmp_path: Path, published: Path
) -> None:
    nothing = Evidence("3", TEN_DAYS_AGO)
    assert read_evidence(tmp_path / "none.duckdb", used("3"), TEN_DAYS_AGO, DAY) == nothing
    with duckdb.connect(str(published)) as con:
        con.execute("drop table feedback.drift_daily")
    known = read_evidence(published, used("3"), TEN_DAYS_AGO, DAY)
    assert known.measured_on is None
    assert known.promised is not None
