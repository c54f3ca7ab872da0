from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from deployment.config import Drift
from orchestration.training.retrain_reason import (
    RETRAIN_REASON,
    Evidence,
    Outcome,
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
    """A model whose outcome agrees with its holdout's."""
    return Evidence(
        "3",
        trained_on,
        measured_on=DAY,
        newly_shifted={"touches_90d": 0.05},
        promised=PROMISED,
        matured=KEPT,
    )


def test_no_training_is_due_while_outcomes_agree_with_the_holdout() -> None:
    assert reason(steady()) is None
    assert reason(Evidence("3", TEN_DAYS_AGO)) is None


def test_a_training_is_due_after_the_configured_days() -> None:
    assert reason(steady(DAY - timedelta(days=29))) is None
    text = reason(steady(DAY - timedelta(days=30)))
    assert text == (
        "calendar: the latest training was as of 2026-05-31, and on 2026-06-30 the next is due, "
        "30 days after it"
    )


def test_a_training_is_due_when_features_of_much_weight_have_drifted() -> None:
    weights = {f"feature_{number}": 0.05 for number in range(6)}
    assert reason(replace(steady(), newly_shifted=weights)) is None
    text = reason(replace(steady(), newly_shifted={**weights, "orders_90d": 0.15}))
    assert text == (
        "drift: features with 45% of the model's weight (bound 30%) have shifted since model 3 "
        "was first used, as of 2026-06-30: orders_90d, feature_0, feature_1, feature_2, "
        "feature_3 and 2 more"
    )


def test_a_training_is_due_when_the_score_alone_has_drifted() -> None:
    text = reason(replace(steady(), score_psi=0.31))
    assert text is not None
    assert text.startswith("drift: the scores have shifted (PSI 0.31) since model 3 was first used")


def test_a_training_is_due_when_the_realised_ranking_is_worse_than_the_holdouts() -> None:
    text = reason(replace(steady(), matured=replace(KEPT, roc_auc=0.760)))
    assert text is not None
    assert text.startswith("decay: model 3's predictions of 2026-04-01 reached a ROC AUC of")
    assert "0.760; on its holdout of 2025-12-01 it was 0.830" in text


def test_with_few_customers_only_a_large_loss_exceeds_sampling_error() -> None:
    few = replace(steady(), promised=replace(PROMISED, customers=120))
    assert reason(replace(few, matured=replace(KEPT, customers=120, roc_auc=0.76))) is None
    assert reason(replace(few, matured=replace(KEPT, customers=120, roc_auc=0.60))) is not None


def test_a_training_is_due_when_probabilities_are_miscalibrated() -> None:
    text = reason(replace(steady(), matured=replace(KEPT, calibration_error=0.15)))
    assert text is not None
    assert "a calibration error of 0.150" in text
    small = replace(KEPT, customers=100, calibration_error=0.15)
    assert reason(replace(steady(), matured=small)) is None


def test_drift_and_decay_are_ignored_for_a_week_after_a_training() -> None:
    worst = replace(
        steady(DAY - timedelta(days=6)), score_psi=1.0, matured=replace(KEPT, roc_auc=0.5)
    )
    assert reason(worst) is None
    assert reason(replace(worst, trained_on=DAY - timedelta(days=7))) is not None


def test_the_reason_of_a_run_is_in_its_tag() -> None:
    assert why_trained({RETRAIN_REASON: "drift: it has shifted"}) == "drift: it has shifted"
    assert why_trained({"dagster/partition": "2026-06-30"}) == "a person asked for it"


def test_the_standard_error_of_a_roc_auc_agrees_with_the_published_example() -> None:
    # Hanley and McNeil 1982, the example of 51 abnormal and 58 normal images: AUC .893, SE .032.
    images = Outcome(DAY, 109, 51 / 109, 0.893, 0.0)
    assert images.auc_error == pytest.approx(0.032, abs=0.001)
