from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.value.gamma_gamma import GammaGamma

TRUTH = GammaGamma(p=5.0, q=4.0, gamma=60.0)


def simulated(customers: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days of purchase, their mean value, and the mean that it is a sample of."""
    random = np.random.default_rng(seed)
    days = random.integers(1, 12, customers).astype(float)
    rate = random.gamma(TRUTH.q, 1 / TRUTH.gamma, customers)
    return days, random.gamma(TRUTH.p * days, 1 / (rate * days)), TRUTH.p / rate


def test_the_published_parameters_of_cdnow_are_recovered(cdnow: pd.DataFrame) -> None:
    """Fader, Hardie 2013, note 025, section 4."""
    found = GammaGamma.fit(cdnow["x"].to_numpy(float), cdnow["zbar"].to_numpy(float))

    assert (found.p, found.q, found.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.02)


def test_planted_means_are_estimated_better_than_by_the_observed_means() -> None:
    days, seen, true = simulated(20_000, seed=1)
    found = GammaGamma.fit(days, seen)
    expected = found.expected_value(days, seen)

    unseen, none = np.array([0.0]), np.array([np.nan])
    population_mean = found.expected_value(unseen, none)
    assert population_mean == pytest.approx(TRUTH.p * TRUTH.gamma / (TRUTH.q - 1), rel=0.05)
    assert expected.mean() == pytest.approx(true.mean(), rel=0.03)
    assert ((expected - true) ** 2).mean() < 0.8 * ((seen - true) ** 2).mean()


def test_a_customer_without_purchases_has_the_population_mean() -> None:
    unknown = TRUTH.expected_value(np.array([0.0, 3.0]), np.array([np.nan, np.nan]))

    np.testing.assert_allclose(unknown, TRUTH.p * TRUTH.gamma / (TRUTH.q - 1))


def test_one_customer_is_not_enough() -> None:
    with pytest.raises(ValueError, match="fewer than two"):
        GammaGamma.fit(np.array([2.0]), np.array([10.0]))
