"""Difference of means between the arms, with and without adjustment for the period before.

CUPED (Deng, Xu, Kohavi, Walker: Improving the Sensitivity of Online Controlled Experiments by
Utilizing Pre-Experiment Data, WSDM 2013, section 3): a covariate that explains the share R² of the
outcome's variance divides the variance of the difference by 1 / (1 − R²).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from ml.effects.moments import Moments
from ml.effects.settings import CONFIDENCE

Values = NDArray[np.float64]

# The adjusted figure replaces the plain one where its standard error is at least 1 % smaller: a
# covariate without information would otherwise change figures for nothing.
LARGEST_RATIO = 0.99


@dataclass(frozen=True)
class Difference:
    """Treatment minus control in each cell, with standard error and degrees of freedom, (cells,).

    NaN where an arm is empty, or, for the standard error, where nothing varies.
    """

    estimate: Values
    standard_error: Values
    freedom: Values

    @property
    def interval(self) -> tuple[Values, Values]:
        """Ends of Welch's 95 % interval, each of shape (cells,)."""
        half = student.isf((1 - CONFIDENCE) / 2, self.freedom) * self.standard_error
        return self.estimate - half, self.estimate + half

    @property
    def p_value(self) -> Values:
        """Two-sided p-value of no difference by Welch's t-test, shape (cells,)."""
        with np.errstate(invalid="ignore"):
            statistic = np.abs(self.estimate) / self.standard_error
        return np.asarray(2 * student.sf(statistic, self.freedom))

    def where(self, chosen: NDArray[np.bool_], other: Difference) -> Difference:
        """This difference in the chosen cells, and the other one elsewhere."""
        return Difference(
            np.where(chosen, self.estimate, other.estimate),
            np.where(chosen, self.standard_error, other.standard_error),
            np.where(chosen, self.freedom, other.freedom),
        )


def stratum_weights(moments: Moments) -> Values:
    """Weight of each stratum in its cell, summing to 1; zero where an arm is empty, (strata,).

    Mantel-Haenszel weights n₁n₀ / (n₁ + n₀): customers are compared only with others of their
    period and planned share, and a stratum with few customers in one arm counts for little
    (Greenland, Robins: Estimation of a Common Effect Parameter from Sparse Follow-up Data,
    Biometrics 41, 1985). With one planned share, strata count by their customers.
    """
    control, treated = moments.count[:, 0], moments.count[:, 1]
    weight = control * treated / np.maximum(control + treated, 1)
    with np.errstate(invalid="ignore"):
        return np.asarray(weight / moments.by_cell(weight)[moments.cell])


def difference(moments: Moments) -> Difference:
    """Difference of plain means; with one stratum a cell, Welch's."""
    no_slope = np.zeros((moments.cells, moments.covariates.shape[-1]))
    return _difference(moments, no_slope, lost_freedom=0)


def adjusted_difference(moments: Moments) -> Difference:
    """Difference of means adjusted by the covariates, with one slope a cell for both arms."""
    within = _within(moments)
    products, with_outcome = (
        moments.by_cell(part.sum(axis=1)) for part in (within.products, within.with_outcome)
    )
    inverse = np.linalg.pinv(products, rcond=1e-10, hermitian=True)
    slope = np.einsum("ckl,cl->ck", inverse, with_outcome)
    return _difference(moments, slope, lost_freedom=slope.shape[-1])


def narrower_difference(moments: Moments) -> tuple[Difference, NDArray[np.bool_]]:
    """The adjusted difference where it is clearly narrower, and the mask of these cells."""
    plain, adjusted = difference(moments), adjusted_difference(moments)
    is_narrower = adjusted.standard_error <= LARGEST_RATIO * plain.standard_error
    return adjusted.where(is_narrower, plain), is_narrower


@dataclass(frozen=True)
class _Within:
    """Sums of squares and products about the mean of each stratum and arm."""

    outcome: Values
    products: Values
    with_outcome: Values
    mean_outcome: Values
    mean_covariates: Values


def _within(moments: Moments) -> _Within:
    count = np.maximum(moments.count, 1)
    mean, means = moments.outcome / count, moments.covariates / count[..., None]
    products = moments.covariate_products - means[..., :, None] * moments.covariates[..., None, :]
    with_outcome = moments.covariate_outcome - means * moments.outcome[..., None]
    squared = moments.outcome_squared - mean * moments.outcome
    return _Within(squared, products, with_outcome, mean, means)


def _difference(moments: Moments, slope: Values, lost_freedom: int) -> Difference:
    """Weighted difference of the outcome minus slope times the covariates."""
    within, weight = _within(moments), stratum_weights(moments)
    slopes = slope[moments.cell]
    adjusted = within.mean_outcome - np.einsum("sak,sk->sa", within.mean_covariates, slopes)
    estimate = moments.by_cell(weight * (adjusted[:, 1] - adjusted[:, 0]))
    squared = (
        within.outcome
        - 2 * np.einsum("sak,sk->sa", within.with_outcome, slopes)
        + np.einsum("sakl,sk,sl->sa", within.products, slopes, slopes)
    )
    # The variance of an arm is pooled over its strata, so that a stratum of one customer counts.
    freedom = moments.by_cell(np.maximum(moments.count - 1, 0))
    both = freedom.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_customer = moments.by_cell(squared) / freedom * (both / (both - lost_freedom))
        of_mean = moments.by_cell(np.square(weight)[:, None] / np.maximum(moments.count, 1))
        parts = np.where(both > lost_freedom, of_customer * of_mean, np.nan)
        variance = parts.sum(axis=1)
        welch = np.square(variance) / (np.square(parts) / freedom).sum(axis=1)
    # Rounding leaves a variance of 1e-17 of the outcome's square where nothing varies.
    floor = 1e-12 * moments.by_cell(moments.outcome_squared).sum(axis=1)
    varies = moments.by_cell(squared).sum(axis=1) > floor
    return Difference(
        estimate,
        np.where(varies, np.sqrt(np.maximum(variance, 0)), np.nan),
        np.where(varies, welch, np.nan),
    )
