from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from ml.metrics.evaluate import (
    brier,
    brier_parts,
    calibration_curve,
    calibration_error,
    cumulative_gains,
    evaluate,
    log_loss,
    max_top_decile_lift,
    pr_auc,
    roc_auc,
    top_decile_lift,
)


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Labels of both kinds and probabilities with many ties."""
    rows = draw(st.integers(2, 60))
    labels = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    labels[:2] = [True, False]
    tenths = draw(st.lists(st.integers(0, 10), min_size=rows, max_size=rows))
    return labels, np.array(tenths) / 10


@given(outcomes())
def test_metrics_agree_with_scikit_learn(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = drawn
    inside = np.clip(scores, 0.01, 0.99)

    assert roc_auc(labels, scores) == pytest.approx(reference.roc_auc_score(labels, scores))
    assert pr_auc(labels, scores) == pytest.approx(
        reference.average_precision_score(labels, scores)
    )
    assert brier(labels, scores) == pytest.approx(reference.brier_score_loss(labels, scores))
    assert log_loss(labels, inside) == pytest.approx(reference.log_loss(labels, inside))


@given(outcomes(), st.randoms(use_true_random=False))
def test_no_metric_depends_on_the_order_of_rows(drawn: tuple, random: object) -> None:
    labels, scores = drawn
    order = np.random.default_rng(random.randint(0, 1000)).permutation(len(labels))

    for metric in (roc_auc, pr_auc, brier, log_loss, top_decile_lift, calibration_error):
        assert metric(labels[order], scores[order]) == pytest.approx(metric(labels, scores))


def test_lift_of_a_perfect_ranking_is_the_maximum() -> None:
    labels = np.arange(1_000) < 50
    perfect = np.where(labels, 0.9, 0.1)

    assert top_decile_lift(labels, perfect) == pytest.approx(10)
    assert max_top_decile_lift(labels) == 10
    assert max_top_decile_lift(np.arange(1_000) < 400) == pytest.approx(2.5)
    assert evaluate(labels, perfect)["top_decile_lift_share"] == pytest.approx(1)


def test_scores_that_say_nothing_lift_nothing() -> None:
    labels = np.arange(997) % 3 == 0

    assert top_decile_lift(labels, np.full(997, 0.4)) == pytest.approx(1)
    assert roc_auc(labels, np.full(997, 0.4)) == 0.5


def test_probabilities_drawn_from_themselves_are_calibrated_and_shifted_ones_are_not() -> None:
    random = np.random.default_rng(3)
    probabilities = random.beta(2, 3, 50_000)
    labels = random.random(50_000) < probabilities

    assert calibration_error(labels, probabilities) < 0.01
    assert calibration_error(labels, probabilities * 0.5 + 0.5) > 0.2
    predicted, observed, customers = calibration_curve(labels, probabilities)
    assert customers.tolist() == [5_000] * 10
    np.testing.assert_allclose(predicted, observed, atol=0.03)


def test_one_outcome_alone_has_no_ranking_to_judge() -> None:
    assert np.isnan(roc_auc(np.zeros(5, bool), np.linspace(0, 1, 5)))
    assert np.isnan(pr_auc(np.zeros(5, bool), np.linspace(0, 1, 5)))
    assert np.isnan(top_decile_lift(np.zeros(5, bool), np.linspace(0, 1, 5)))


def test_gains_run_from_nobody_to_everybody() -> None:
    labels = np.arange(200) < 20
    addressed, found = cumulative_gains(labels, np.where(labels, 1.0, 0.0))

    assert (addressed[0], found[0], addressed[-1], found[-1]) == (0, 0, 1, 1)
    assert found[10] == pytest.approx(1)


def test_brier_parts_of_four_bins_by_hand() -> None:
    labels = np.array([True, False, False, False, True, False, True, True, True, True])
    said = np.array([0.2, 0.2, 0.2, 0.2, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9])

    # Ten bins of one customer each; tied customers count with their mean outcome. Of four told 0.2
    # a quarter left, of two told 0.5 a half, of four told 0.9 all; six of ten in all.
    parts = brier_parts(labels, said)

    assert parts.reliability == pytest.approx((4 * 0.05**2 + 0 + 4 * 0.1**2) / 10)
    assert parts.resolution == pytest.approx((4 * 0.35**2 + 2 * 0.1**2 + 4 * 0.4**2) / 10)
    assert parts.uncertainty == pytest.approx(0.6 * 0.4)
    # What is said is the same within each bin, so the parts add up to the Brier score itself.
    total = parts.reliability - parts.resolution + parts.uncertainty
    assert total == pytest.approx(brier(labels, said))


def test_brier_parts_add_up_to_the_brier_score_of_the_binned_forecast() -> None:
    random = np.random.default_rng(4)
    probabilities = random.permutation(random.beta(2, 3, 1_003))
    labels = random.random(1_003) < probabilities**1.5

    binned = np.empty(1_003)
    for part in np.array_split(np.argsort(probabilities), 10):
        binned[part] = probabilities[part].mean()
    found = evaluate(labels, probabilities)

    parts = found["brier_reliability"] - found["brier_resolution"] + found["brier_uncertainty"]
    assert parts == pytest.approx(brier(labels, binned))
    assert parts != pytest.approx(found["brier"], rel=1e-4)


def test_the_average_has_no_resolution_and_is_as_reliable_as_it_is_right() -> None:
    labels = np.arange(1_000) % 4 == 0

    parts = brier_parts(labels, np.full(1_000, 0.35))

    assert parts.resolution == pytest.approx(0)
    assert parts.reliability == pytest.approx(0.01)
    assert calibration_error(labels, np.full(1_000, 0.35)) == pytest.approx(0.1)


def test_fewer_customers_than_bins_have_a_bin_each() -> None:
    predicted, observed, customers = calibration_curve(
        np.array([True, False, True]), np.array([0.9, 0.1, 0.6])
    )

    assert predicted.tolist() == [0.1, 0.6, 0.9]
    assert observed.tolist() == [0, 1, 1]
    assert customers.tolist() == [1, 1, 1]
