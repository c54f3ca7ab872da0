from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml.effects.mixtures import WIDE_DEVIATION, Normal, prior_of_causes, robust_mixture
from ml.effects.settings import EffectSettings

# Rubin's eight schools: effects and standard errors (Gelman et al.: Bayesian Data Analysis, 2013,
# table 5.2).
SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def test_eight_schools_are_pooled_completely_where_nothing_is_their_own() -> None:
    prior = prior_of_causes(np.zeros(8), np.full(8, 1e4), shared=1 - 1e-9)

    pooled = prior.given(np.arange(8), SCHOOLS, ERRORS**2)

    # Section 5.5: the pooled estimate is 7.7 with a standard error of 4.1.
    assert pooled.mean == pytest.approx(np.full(8, 7.7), abs=0.05)
    assert np.sqrt(np.diag(pooled.covariance)) == pytest.approx(np.full(8, 4.1), abs=0.05)


def test_a_component_is_pooled_by_its_precision() -> None:
    # Gelman et al. 2013, equation 5.17 with a known mean of 8 and a deviation of 10.
    prior = Normal(np.full(8, 8.0), np.diag(np.full(8, 100.0)))

    pooled = prior.given(np.arange(8), SCHOOLS, ERRORS**2)

    expected = (SCHOOLS / ERRORS**2 + 8 / 100) / (1 / ERRORS**2 + 1 / 100)
    assert pooled.mean == pytest.approx(expected)
    assert np.diag(pooled.covariance) == pytest.approx(1 / (1 / ERRORS**2 + 1 / 100))


def test_the_mixture_is_that_of_a_numerical_posterior() -> None:
    shares = np.linspace(-4, 4, 80_001)

    def normal(values: Any, mean: Any, variance: float) -> Any:
        return np.exp(-np.square(values - mean) / (2 * variance)) / np.sqrt(variance)

    density = 0.9 * normal(shares, 0.1, 0.05**2) + 0.1 * normal(shares, 0.1, WIDE_DEVIATION**2)
    density = density * normal(-0.4, shares, 0.04)
    density /= density.sum()
    mean = float(shares @ density)

    observations = (np.array([0]), np.array([-0.4]), np.array([0.04]))
    found = robust_mixture(
        np.array([0.1]), np.array([0.05]), observations, EffectSettings()
    ).posterior(0)

    assert found.mean == pytest.approx(mean, abs=1e-5)
    deviation = np.sqrt(np.square(shares - mean) @ density)
    assert found.deviation == pytest.approx(deviation, abs=1e-5)
    assert found.probability_of_help == pytest.approx(density[shares > 0].sum(), abs=5e-4)


def test_learned_shares_are_nearer_the_truth_than_prior_and_measurement() -> None:
    random = np.random.default_rng(7)
    truth = 0.2 + random.normal(0, 0.07, 200)[:, None] + random.normal(0, 0.07, (200, 5))
    variance = random.uniform(0.002, 0.05, (200, 5))
    measured = truth + random.normal(0, np.sqrt(variance))
    prior = prior_of_causes(np.full(5, 0.2), np.full(5, np.sqrt(2) * 0.07), shared=0.5)

    learned = [
        prior.given(np.arange(5), row, spread)
        for row, spread in zip(measured, variance, strict=True)
    ]

    means = np.array([normal.mean for normal in learned])
    deviations = np.array([np.sqrt(np.diag(normal.covariance)) for normal in learned])
    error = np.mean((means - truth) ** 2)
    assert error < 0.8 * np.mean((0.2 - truth) ** 2)
    assert error < 0.5 * np.mean((measured - truth) ** 2)
    assert 0.93 < np.mean(np.abs(means - truth) < 1.96 * deviations) < 0.97
