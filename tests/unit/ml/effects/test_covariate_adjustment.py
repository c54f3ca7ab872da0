from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ttest_ind

from ml.effects.covariate_adjustment import (
    adjusted_difference,
    difference,
    narrower_difference,
    stratum_weights,
)
from ml.effects.moments import Moments

Values = NDArray[np.float64]


def moments(strata: list[tuple[tuple[Values, Values], tuple[Values, Values]]]) -> Moments:
    """Moments of one cell; a stratum has (outcome, covariates) of control and of treatment."""

    def of(sums: list[list[Values]]) -> Values:
        return np.array(sums, dtype=float)

    return Moments(
        cell=np.zeros(len(strata), dtype=np.int64),
        cells=1,
        count=of([[np.array(len(y)) for y, _ in arms] for arms in strata]),
        outcome=of([[y.sum() for y, _ in arms] for arms in strata]),
        outcome_squared=of([[y @ y for y, _ in arms] for arms in strata]),
        covariates=of([[x.sum(axis=0) for _, x in arms] for arms in strata]),
        covariate_products=of([[x.T @ x for _, x in arms] for arms in strata]),
        covariate_outcome=of([[x.T @ y for y, x in arms] for arms in strata]),
    )


def correlated(
    random: np.random.Generator, size: int, rho: float, shift: float
) -> tuple[Values, Values]:
    before = random.normal(size=size)
    after = shift + rho * before + np.sqrt(1 - rho**2) * random.normal(size=size)
    return after, before[:, None]


def test_without_a_covariate_it_is_welch_s_test() -> None:
    random = np.random.default_rng(1)
    control, treated = random.normal(0, 1, 12), random.normal(1, 3, 30)
    expected = ttest_ind(treated, control, equal_var=False)

    found = difference(moments([((control, np.zeros((12, 1))), (treated, np.zeros((30, 1))))]))

    interval = expected.confidence_interval()
    assert found.estimate == pytest.approx(treated.mean() - control.mean())
    assert (*found.interval[0], *found.interval[1]) == pytest.approx((interval.low, interval.high))
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.freedom == pytest.approx(expected.df)


@pytest.mark.parametrize("rho", [0.3, 0.5, 0.8])
def test_cuped_reduces_the_variance_by_the_squared_correlation(rho: float) -> None:
    # Deng et al. 2013, equation 6: the variance is multiplied by 1 − ρ².
    random = np.random.default_rng(2)
    arms = correlated(random, 40_000, rho, 0.0), correlated(random, 40_000, rho, 0.1)

    plain, adjusted = (of(moments([arms])) for of in (difference, adjusted_difference))

    reduction = (adjusted.standard_error / plain.standard_error) ** 2
    assert reduction == pytest.approx(1 - rho**2, abs=0.01)
    assert adjusted.estimate == pytest.approx(0.1, abs=3 * float(adjusted.standard_error[0]))


def test_cuped_is_the_regression_on_arm_and_covariate() -> None:
    random = np.random.default_rng(3)
    arms = correlated(random, 50, 0.6, 0.0), correlated(random, 70, 0.6, 1.0)
    design = np.column_stack(
        [np.ones(120), np.repeat([0, 1], [50, 70]), np.concatenate([x[:, 0] for _, x in arms])]
    )
    coefficients = np.linalg.lstsq(design, np.concatenate([y for y, _ in arms]))[0]

    assert adjusted_difference(moments([arms])).estimate == pytest.approx(coefficients[1])


def test_cuped_is_that_of_tea_tasting() -> None:
    # tea-tasting 1.14.0: Mean("y", "x").analyze_aggregates with 1,000 customers in each arm, means
    # of y of 1 and 2, a mean of x of 2, variances of 4 and 3 and a covariance of 1.5. Its slope
    # includes the difference between the arms: hence the third digit.
    count, size = np.full((1, 2), 1_000.0), 1_000
    mean = np.array([[1.0, 2.0]])
    given = Moments(
        cell=np.zeros(1, dtype=np.int64),
        cells=1,
        count=count,
        outcome=size * mean,
        outcome_squared=(size - 1) * 4.0 + size * mean**2,
        covariates=np.full((1, 2, 1), 2.0 * size),
        covariate_products=np.full((1, 2, 1, 1), (size - 1) * 3.0 + 4.0 * size),
        covariate_outcome=((size - 1) * 1.5 + size * mean * 2.0)[..., None],
    )

    found = adjusted_difference(given)

    assert found.estimate == pytest.approx(1.0)
    assert [*found.interval[0], *found.interval[1]] == pytest.approx([0.84189, 1.15811], abs=1e-4)


def test_strata_are_compared_within_and_weighted_by_both_arms() -> None:
    nothing = np.zeros((4, 1))
    first = (np.array([0.0, 2, 0, 2]), nothing), (np.array([5.0, 7, 5, 7]), nothing)
    second = (np.array([100.0]), nothing[:1]), (np.array([101.0, 103]), nothing[:2])
    lonely = (np.array([50.0]), nothing[:1]), (np.zeros(0), nothing[:0])
    given = moments([first, second, lonely])

    # Weights 4·4 / 8 = 2 and 1·2 / 3, and none for a stratum with one arm.
    assert stratum_weights(given) == pytest.approx([3 / 4, 1 / 4, 0])
    assert difference(given).estimate == pytest.approx(3 / 4 * 5 + 1 / 4 * 2)
    assert np.isfinite(difference(given).standard_error)


def test_a_covariate_without_information_changes_nothing() -> None:
    random = np.random.default_rng(5)
    arms = correlated(random, 300, 0.0, 0.0), correlated(random, 300, 0.0, 0.2)

    found, is_narrower = narrower_difference(moments([arms]))

    assert not is_narrower.any()
    assert found.estimate == difference(moments([arms])).estimate


def test_without_variance_or_with_an_empty_arm_there_is_no_interval() -> None:
    ones, none = (np.ones(5), np.zeros((5, 1))), (np.zeros(0), np.zeros((0, 1)))

    assert np.isnan(difference(moments([(ones, ones)])).interval).all()
    assert difference(moments([(ones, ones)])).estimate == 0
    assert np.isnan(difference(moments([(ones, none)])).estimate)
