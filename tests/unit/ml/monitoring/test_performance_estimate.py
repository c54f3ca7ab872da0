from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit, logit
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from ml.monitoring.performance_estimate import (
    density_ratio,
    estimate_performance,
    expected_metrics,
    expected_roc_auc,
)
from ml.schemas import PERFORMANCE_ESTIMATES

WEIGHTS = {"activity": 0.7, "is_guest": 0.3}


def company(
    guests: float, *, customers: int = 8_000, seed: int = 1, concept: float = 1.0, shift: float = 0
) -> pa.Table:
    """Customers whose score depends on activity; of guests, activity says nothing.

    The slope of the scores is right where a fifth are guests.

    Args:
        guests: share of guests.
        customers: their number.
        seed: of the draws.
        concept: factor on the effect of activity on the outcome.
        shift: mean of activity.
    """
    random = np.random.default_rng(seed)
    activity = random.normal(shift, 1, customers)
    is_guest = random.random(customers) < guests
    truth = expit(np.where(is_guest, 0.0, 2.0 * concept * activity) - 0.5)
    return pa.table(
        {
            "customer_id": [f"c{number:05d}" for number in range(customers)],
            "snapshot_date": [date(2026, 1, 1 + seed)] * customers,
            "activity": activity,
            "is_guest": is_guest,
            "churn_probability": expit(1.3 * activity - 0.5),
            "churned": random.random(customers) < truth,
        }
    )


def estimate(reference: pa.Table, today: pa.Table) -> dict[str, float]:
    row: dict[str, float] = estimate_performance(
        reference, features_of(today), today, "1", WEIGHTS
    ).to_pylist()[0]
    return row


def features_of(table: pa.Table) -> pa.Table:
    return table.drop_columns(["churned"])


def outcomes(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    return table["churned"].to_numpy(), table["churn_probability"].to_numpy()


@pytest.mark.parametrize(("guests", "shift"), [(0.1, 0.0), (0.4, 0.0), (0.8, 0.0), (0.1, 0.7)])
def test_under_covariate_shift_the_estimate_follows_the_realised_figures(
    guests: float, shift: float
) -> None:
    today = company(guests, seed=2, shift=shift)
    found, (labels, scores) = estimate(company(0.2), today), outcomes(today)

    assert found["estimated_roc_auc"] == pytest.approx(roc_auc_score(labels, scores), abs=0.025)
    assert found["estimated_log_loss"] == pytest.approx(log_loss(labels, scores), abs=0.03)
    assert found["estimated_brier"] == pytest.approx(brier_score_loss(labels, scores), abs=0.01)
    assert found["estimated_churn_rate"] == pytest.approx(labels.mean(), abs=0.03)


def test_without_the_weights_the_shift_would_be_missed() -> None:
    reference, today = company(0.2), company(0.8, seed=2)
    labels, scores = outcomes(today)
    unaware = estimate_performance(reference, features_of(today), today, "1", {}).to_pylist()[0]

    assert unaware["estimated_roc_auc"] > roc_auc_score(labels, scores) + 0.05


def test_concept_drift_is_not_seen() -> None:
    today = company(0.2, seed=2, concept=0.2)
    found, (labels, scores) = estimate(company(0.2), today), outcomes(today)

    assert roc_auc_score(labels, scores) < found["estimated_roc_auc_low"] - 0.1


def test_the_interval_holds_the_realised_roc_auc_of_nine_in_ten_days() -> None:
    held = 0
    for seed in range(30):
        today = company(0.2, customers=800, seed=seed)
        reference = company(0.2, customers=2_000, seed=30 - seed)
        found = estimate(reference, today)
        realised = roc_auc_score(*outcomes(today))
        held += found["estimated_roc_auc_low"] <= realised <= found["estimated_roc_auc_high"]

    assert held >= 26


def test_scores_of_another_fit_are_no_shift_of_the_customers() -> None:
    reference, today = company(0.2), company(0.2, customers=800, seed=2)
    moved = pa.array(expit(1.1 * logit(today["churn_probability"].to_numpy())))
    of_latest_fit = today.set_column(4, "churn_probability", moved)

    found = estimate_performance(reference, features_of(today), of_latest_fit, "1", WEIGHTS)

    assert found["effective_reference_customers"][0].as_py() > 0.9 * len(reference)


def test_a_day_without_counterparts_has_no_figures_but_says_so() -> None:
    found = estimate(company(0.2, customers=500), company(0.2, seed=2, shift=6))

    assert found["estimated_roc_auc"] is None
    assert found["effective_reference_customers"] < 100
    assert found["outside_reference_share"] > 0.9


def test_an_empty_side_gives_no_row_of_the_schema() -> None:
    today = company(0.2)
    empty = estimate_performance(today.slice(0, 0), features_of(today), today, "1", WEIGHTS)

    assert len(empty) == 0
    assert empty.schema == PERFORMANCE_ESTIMATES


def test_the_estimate_does_not_depend_on_the_order_of_rows() -> None:
    reference, today = company(0.2, customers=900), company(0.5, customers=900, seed=2)
    order = np.random.default_rng(3).permutation(900)

    assert estimate(reference, today) == estimate(reference.take(order), today.take(order))


def test_the_density_ratio_turns_the_reference_into_the_day() -> None:
    reference, today = company(0.2), company(0.6, seed=2, shift=0.5)
    weights = density_ratio(reference, today, ["activity", "is_guest"])

    guests = np.average(reference["is_guest"].to_numpy(zero_copy_only=False), weights=weights)
    activity = np.average(reference["activity"].to_numpy(), weights=weights)
    assert guests == pytest.approx(0.6, abs=0.03)
    assert activity == pytest.approx(0.5, abs=0.1)


def test_of_certain_outcomes_the_expected_figures_are_the_realised_ones() -> None:
    random = np.random.default_rng(1)
    scores = np.round(random.random(500), 1).clip(0.05, 0.95)
    labels = random.random(500) < scores
    found = expected_metrics(scores, labels.astype(float))

    assert found["estimated_roc_auc"] == pytest.approx(roc_auc_score(labels, scores))
    assert found["estimated_log_loss"] == pytest.approx(log_loss(labels, scores))
    assert found["estimated_brier"] == pytest.approx(brier_score_loss(labels, scores))
    assert np.isnan(expected_roc_auc(scores, np.zeros(500)))


def test_the_expected_roc_auc_is_the_mean_over_drawn_outcomes() -> None:
    random = np.random.default_rng(1)
    scores = np.round(random.random(400), 2)
    truth = np.clip(scores**2, 0.01, 0.99)
    drawn = [roc_auc_score(random.random(400) < truth, scores) for _ in range(300)]

    assert expected_roc_auc(scores, truth) == pytest.approx(np.mean(drawn), abs=0.003)
