from __future__ import annotations

import numpy as np
import pytest

from ml.metrics.intervals import (
    auc_difference,
    auc_interval,
    bootstrap_interval,
    delong_interval,
    mean_interval,
    wilson_interval,
)
from ml.metrics.ranking import roc_auc


def test_the_interval_of_a_difference_has_its_nominal_coverage() -> None:
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


def test_bootstrap_and_delong_agree_at_the_size_where_they_meet() -> None:
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


def test_the_interval_of_a_share_is_wilson_s() -> None:
    half = wilson_interval(5, 10)
    none, all_of_them = wilson_interval(0, 10), wilson_interval(10, 10)

    assert (half.estimate, half.low, half.high) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)
    # With z = 1.96 the end for none of ten is z² / (10 + z²).
    assert (none.low, none.high) == pytest.approx((0, 3.8415 / 13.8415), abs=1e-4)
    assert (all_of_them.low, all_of_them.high) == pytest.approx((10 / 13.8415, 1), abs=1e-4)
    assert np.isnan(wilson_interval(0, 0).estimate)


def test_the_interval_of_a_mean_is_normal() -> None:
    values = np.tile([-1.0, 1.0], 50)

    found = mean_interval(values)

    assert found.estimate == 0
    assert found.high == -found.low == pytest.approx(1.959964 * np.sqrt(100 / 99) / 10)
    assert np.isnan(mean_interval(np.array([3.0])).low)


def test_the_interval_of_a_roc_auc_has_its_nominal_coverage() -> None:
    random = np.random.default_rng(12)
    held = 0
    for _ in range(300):
        # Two normal scores a distance of 1.5 apart: the ROC AUC is Φ(1.5 / √2) = 0.8556.
        labels = random.random(120) < 0.3
        found = auc_interval(labels, random.normal(size=120) + 1.5 * labels)
        held += found.low <= 0.8556 <= found.high
        assert 0 < found.low < found.estimate < found.high < 1

    assert 274 <= held <= 296


def test_the_interval_is_unknown_for_one_churned_customer_and_a_point_for_separation() -> None:
    labels = np.arange(20) < 1

    assert np.isnan(auc_interval(labels, labels.astype(float)).estimate)
    perfect = auc_interval(np.arange(20) < 8, (np.arange(20) < 8).astype(float))
    assert (perfect.estimate, perfect.low, perfect.high) == (1, 1, 1)
