"""Shares: difference of two with its interval and sample size, and the sample-ratio check."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from ml.effects.settings import CONFIDENCE

Values = NDArray[np.float64]

Z_95 = float(norm.isf((1 - CONFIDENCE) / 2))
# Halvings of the range of z-values, which then has a width of 38 / 2**50.
HALVINGS = 50
LARGEST_Z = 38.0


def newcombe_interval(
    treated_share: Any, treated: Any, control_share: Any, control: Any, z: Any = Z_95
) -> tuple[Values, Values]:
    """Ends of the interval of `treated_share` − `control_share`, elementwise; NaN for no customers.

    Square-and-add of both Wilson intervals, which keeps its coverage with few customers and with
    shares of 0 and 1 (Newcombe: Interval Estimation for the Difference between Independent
    Proportions, Statistics in Medicine 17, 1998, method 10).

    Args:
        treated_share: share of treated customers with the outcome.
        treated: number of treated customers; need not be whole, as with weighted strata.
        control_share: share of control customers with the outcome.
        control: number of control customers.
        z: quantile of the standard normal distribution; 1.96 for 95 %.
    """
    treated_share, control_share = np.asarray(treated_share), np.asarray(control_share)
    treated_low, treated_high = wilson_ends(treated_share, treated, z)
    control_low, control_high = wilson_ends(control_share, control, z)
    difference = treated_share - control_share
    low = difference - np.hypot(treated_share - treated_low, control_high - control_share)
    high = difference + np.hypot(treated_high - treated_share, control_share - control_low)
    return low, high


def newcombe_p_value(treated_share: Any, treated: Any, control_share: Any, control: Any) -> Values:
    """Two-sided p-value of no difference: the level at which Newcombe's interval ends at zero.

    So a p-value below .05 and a 95 % interval without zero are the same statement.
    """
    difference = np.asarray(treated_share, dtype=float) - np.asarray(control_share, dtype=float)
    low_z, high_z = np.zeros(difference.shape), np.full(difference.shape, LARGEST_Z)
    for _ in range(HALVINGS):
        middle = (low_z + high_z) / 2
        low, high = newcombe_interval(treated_share, treated, control_share, control, middle)
        excludes_zero = np.where(difference > 0, low > 0, high < 0)
        low_z, high_z = (
            np.where(excludes_zero, middle, low_z),
            np.where(excludes_zero, high_z, middle),
        )
    return np.where(np.isnan(difference), np.nan, 2 * norm.sf(low_z))


def wilson_ends(share: Any, customers: Any, z: Any) -> tuple[Values, Values]:
    """Ends of Wilson's score interval, elementwise; NaN for no customers.

    `ml.metrics.intervals.wilson_interval` is the same interval for one share of whole numbers.
    """
    share, customers = np.asarray(share, dtype=float), np.asarray(customers, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.square(z) / customers
        centre = (share + weight / 2) / (1 + weight)
        half = np.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    # Rounding puts an end on the other side of a share of 0 or 1.
    return np.minimum(centre - half, share), np.maximum(centre + half, share)


def customers_per_arm(control_share: Any, treated_share: Any, power: float) -> Values:
    """Customers in each of two equal arms for a two-sided test at 5 %.

    Infinite, or NaN, without a difference.

    Fleiss, Levin, Paik: Statistical Methods for Rates and Proportions, 2003, equation 4.14, without
    continuity correction.
    """
    # A weighted mean of shares that are all 1 may lie above 1 by rounding.
    control_share, treated_share = np.clip(control_share, 0, 1), np.clip(treated_share, 0, 1)
    mean = (control_share + treated_share) / 2
    of_null = Z_95 * np.sqrt(2 * mean * (1 - mean))
    variance = control_share * (1 - control_share) + treated_share * (1 - treated_share)
    of_effect = norm.ppf(power) * np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.square((of_null + of_effect) / (treated_share - control_share)))


def sample_ratio_p_value(treated: Values, customers: Values, planned_share: Values) -> Values:
    """Two-sided binomial p-value of the number of treated customers, elementwise; NaN without any.

    Exact for one planned share. Where shares differ between customers, their mean gives at least
    the true variance, so the check is conservative (Hoeffding: On the Distribution of the Number of
    Successes in Independent Trials, Annals of Mathematical Statistics 27, 1956). The p-value is
    twice the smaller tail. Fabijan et al.: Diagnosing Sample Ratio Mismatch in Online Controlled
    Experiments, KDD 2019, describe the check and its causes.

    Args:
        treated: customers in the treatment arm, of those with a planned share.
        customers: customers in both arms, of those with a planned share.
        planned_share: mean of their planned shares.
    """
    lower = binom.cdf(treated, customers, planned_share)
    upper = binom.sf(treated - 1, customers, planned_share)
    p_value = np.minimum(1, 2 * np.minimum(lower, upper))
    return np.where(customers > 0, p_value, np.nan)
