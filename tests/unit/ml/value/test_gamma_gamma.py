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


def test_the_published_parameters_of_cdnow_are_found(cdnow: pd.DataFrame) -> None:
    """Fader, Hardie 2013, note 025, section 4."""
    found = GammaGamma.fit(cdnow["x"].to_numpy(float), cdnow["zbar"].to_numpy(float))

    assert (found.p, found.q, found.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.02)


def test_planted_means_are_told_better_than_by_what_was_seen() -> None:
    days, seen, true = simulated(20_000, seed=1)
    found = GammaGamma.fit(days, seen)
    expected = found.expected_value(days, seen)

    assert found.population_mean == pytest.approx(TRUTH.population_mean, rel=0.05)
    assert expected.mean() == pytest.approx(true.mean(), rel=0.03)
    assert ((expected - true) ** 2).mean() < 0.8 * ((seen - true) ** 2).mean()


def test_who_never_bought_is_expected_to_spend_what_everybody_does() -> None:
    unknown = TRUTH.expected_value(np.array([0.0, 3.0]), np.array([np.nan, np.nan]))

    np.testing.assert_allclose(unknown, TRUTH.population_mean)


def test_one_customer_is_not_enough() -> None:
    with pytest.raises(ValueError, match="fewer than two"):
        GammaGamma.fit(np.array([2.0]), np.array([10.0]))
