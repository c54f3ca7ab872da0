from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from ml.evaluate import (
    auc_difference,
    bootstrap_interval,
    brier,
    calibration_curve,
    calibration_error,
    cumulative_gains,
    delong_interval,
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

    for metric in (roc_auc, pr_auc, brier, log_loss, top_decile_lift):
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


def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    held = 0
    for seed in range(60):
        signal = random.normal(size=300)
        labels = random.random(300) < 1 / (1 + np.exp(-signal))
        ours, theirs = (signal + random.normal(size=300) for _ in range(2))
        interval = auc_difference(labels, ours, theirs, seed)
        held += interval.low <= 0 <= interval.high

    assert held >= 50


def test_a_bootstrap_replicate_is_the_auc_of_the_rows_drawn() -> None:
    random = np.random.default_rng(8)
    labels, scores = random.random(400) < 0.4, np.round(random.random(400), 1)
    nothing = np.zeros(400)

    interval = auc_difference(labels, scores, nothing, seed=4)

    drawn = np.random.default_rng(4).integers(0, 400, size=(1_000, 400))
    replicates = [roc_auc(labels[rows], scores[rows]) - 0.5 for rows in drawn]
    low, high = np.quantile(replicates, [0.025, 0.975])
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert interval == auc_difference(labels, scores, nothing, seed=4)


def test_the_two_kinds_of_interval_agree_where_they_meet() -> None:
    random = np.random.default_rng(9)
    labels = random.random(5_000) < 0.3
    ours = np.round(labels + random.normal(size=5_000), 1)
    theirs = 0.8 * labels + random.normal(size=5_000)

    by_bootstrap = bootstrap_interval(labels, ours, theirs, seed=2)
    by_formula = delong_interval(labels, ours, theirs)

    assert by_formula.estimate == pytest.approx(by_bootstrap.estimate)
    assert by_formula.low == pytest.approx(by_bootstrap.low, abs=0.003)
    assert by_formula.high == pytest.approx(by_bootstrap.high, abs=0.003)
    assert auc_difference(labels, ours, theirs, seed=2) == by_bootstrap
    assert auc_difference(*(np.tile(part, 2) for part in (labels, ours, theirs)), seed=2) == (
        delong_interval(*(np.tile(part, 2) for part in (labels, ours, theirs)))
    )


def test_a_real_difference_excludes_zero_and_a_model_does_not_differ_from_itself() -> None:
    random = np.random.default_rng(6)
    labels = random.random(2_000) < 0.4
    good, poor = labels + random.normal(size=2_000), random.normal(size=2_000)

    assert auc_difference(labels, good, poor, 1).excludes_zero
    same = auc_difference(labels, good, good, 1)
    assert (same.estimate, same.low, same.high) == (0, 0, 0)
    assert not same.excludes_zero
