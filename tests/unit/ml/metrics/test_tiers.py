from __future__ import annotations

import numpy as np
import pytest

from ml.metrics.intervals import wilson_interval
from ml.metrics.tiers import by_tier


def test_tiers_have_predicted_and_observed_churn() -> None:
    predicted = np.array([0.9, 0.7, 0.8, 0.69, 0.4, 0.39, 0.1, 0.05])
    labels = np.array([True, True, False, False, True, False, False, False])

    high, medium, low = by_tier(labels, predicted, medium=0.4, high=0.7)

    assert (high.name, high.customers, high.mean_predicted) == ("high", 3, pytest.approx(0.8))
    assert high.churn_rate == wilson_interval(2, 3)
    assert high.ratio == pytest.approx(2 / 3 / 0.8)
    assert (medium.name, medium.customers) == ("medium", 2)
    assert medium.ratio == pytest.approx(0.5 / 0.545)
    assert (low.name, low.customers, low.churn_rate.estimate, low.ratio) == ("low", 3, 0, 0)


def test_a_tier_without_customers_is_nan() -> None:
    high, medium, low = by_tier(np.array([True, False]), np.array([0.5, 0.6]), 0.4, 0.7)

    assert (high.customers, low.customers, medium.customers) == (0, 0, 2)
    assert np.isnan([high.mean_predicted, high.churn_rate.estimate, high.ratio, low.ratio]).all()


def test_calibrated_probabilities_have_a_ratio_of_one_in_every_tier() -> None:
    random = np.random.default_rng(3)
    predicted = random.random(60_000)

    tiers = by_tier(random.random(60_000) < predicted, predicted, medium=0.4, high=0.7)

    assert sum(tier.customers for tier in tiers) == 60_000
    assert [tier.ratio for tier in tiers] == pytest.approx([1, 1, 1], abs=0.04)
