"""Claims about effects: false-discovery control, repeated looks at a total, and verdicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, norm

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

WORKS = "works"
HARMS = "harms"
NO_DIFFERENCE_SEEN = "no_difference_seen"
NOT_KNOWN_YET = "not_known_yet"
SAMPLE_RATIO_MISMATCH = "sample_ratio_mismatch"
PROVISIONAL = "provisional"

# Least scale of the effects for which repeated looks search. Without it, an action for which no
# effect was planned could never make a claim.
LEAST_SCALE = 0.01


def q_values(p_values: Values, family: NDArray[np.int64]) -> Values:
    """Benjamini-Hochberg's adjusted p-values within each family, (rows,); NaN for no p-value.

    Benjamini, Hochberg: Controlling the False Discovery Rate, Journal of the Royal Statistical
    Society B 57, 1995.
    """
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    # Families have a dozen rows each; the loop is over families.
    rows = tested[np.argsort(family[tested], kind="stable")]
    starts = np.flatnonzero(np.diff(family[rows], prepend=-1))
    for members in np.split(rows, starts[1:]):
        if len(members):
            adjusted[members] = false_discovery_control(p_values[members], method="bh")
    return adjusted


def always_valid_p_values(p_values: Values, estimates: Values, planned: Values) -> Values:
    """p-values that stay valid however often a growing sample is looked at, elementwise.

    The total of an action grows by a period at a time and is read each time. The mixture sequential
    ratio test bounds the chance that any of its looks claims an effect that is not there (Johari,
    Koomen, Pekelis, Walsh: Always Valid Inference, Operations Research 70, 2022, section 4).

    Args:
        p_values: p-values of a single look.
        estimates: the estimated effects; with the p-values they give the standard errors.
        planned: standard deviation of the mixture, at least .01: effects of this size are found
            soonest.
    """
    scale = np.maximum(np.abs(planned), LEAST_SCALE)
    z = norm.isf(p_values / 2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        variance = np.square(estimates / z)
        share = np.square(scale) / (variance + np.square(scale))
        evidence = np.sqrt(1 - share) * np.exp(np.square(z) * share / 2)
        p_values_of_all_looks = np.minimum(1, 1 / evidence)
    # An estimate of zero has no evidence against zero.
    return np.where(z == 0, 1.0, np.where(np.isnan(p_values), np.nan, p_values_of_all_looks))


@dataclass(frozen=True)
class Evidence:
    """Evidence of each row, arrays of shape (rows,)."""

    uplift: Values
    low: Values
    high: Values
    q_value: Values
    planned_uplift: Values
    is_provisional: Mask
    is_mismatched: Mask


def verdicts(evidence: Evidence, false_discoveries: float) -> NDArray[np.str_]:
    """Verdict of each row, shape (rows,).

    `no_difference_seen` needs an interval that excludes an effect as large as the planned one, in
    either direction; a wider interval without a claim is `not_known_yet`.
    """
    is_claimed = evidence.q_value <= false_discoveries
    planned = np.abs(evidence.planned_uplift)
    is_small = (evidence.high < planned) & (evidence.low > -planned)
    return np.select(
        [
            evidence.is_provisional,
            evidence.is_mismatched,
            is_claimed & (evidence.uplift > 0),
            is_claimed & (evidence.uplift < 0),
            is_small,
        ],
        [PROVISIONAL, SAMPLE_RATIO_MISMATCH, WORKS, HARMS, NO_DIFFERENCE_SEEN],
        default=NOT_KNOWN_YET,
    )
