"""Qini curve of a ranking by uplift, its area with an interval, and the uplift by decile.

The inputs are gains: for each customer an unbiased estimate of the effect, such as the doubly
robust pseudo-outcome (`ml.uplift.uplift_learner`). The mean gain of any group then estimates its
effect. Radcliffe: Using Control Groups to Target on Predicted Lift, Direct Marketing Analytics
Journal, 2007, introduced the curve. Yadlowsky, Fleming, Shah, Brunskill, Wager: Evaluating
Treatment Prioritization Rules via Rank-Weighted Average Treatment Effects, Journal of the American
Statistical Association 120, 2025, section 2, estimate it from doubly robust gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.effects.proportions import Z_95
from ml.metrics.intervals import UNKNOWN, Interval, mean_interval

Values = NDArray[np.float64]

DECILES = 10
CURVE_POINTS = 100

QINI_CURVE = pa.schema(
    [
        # Share of customers treated, in descending order of score.
        ("treated_share", pa.float64()),
        # Customers kept per customer of the whole group, by this ranking and in a random order.
        ("gain", pa.float64()),
        ("random_gain", pa.float64()),
    ]
)

UPLIFT_DECILES = pa.schema(
    [
        # 1 has the highest scores.
        ("decile", pa.int32()),
        ("customers", pa.int64()),
        ("predicted_uplift", pa.float64()),
        ("uplift", pa.float64()),
        ("uplift_low", pa.float64()),
        ("uplift_high", pa.float64()),
    ]
)


def qini_area(scores: Values, gains: Values, customers: NDArray[np.int64]) -> Interval:
    """Area between the Qini curve and the line of a random order, with a 95 % interval.

    The area is the covariance of gain and rank of the score. The interval is normal, from the
    influence function of that covariance, summed over the rows of a customer (Yadlowsky et al.,
    section 3). Equal scores share their mean rank; if all are equal, the area is zero and certain.

    Args:
        scores: predicted uplift of each row, shape (rows,).
        gains: gain of each row.
        customers: number of the row's customer, from 0.

    Returns:
        The area in customers kept per customer, averaged over all shares treated; `UNKNOWN` for
        fewer than two rows.
    """
    rows = len(scores)
    if rows < 2:
        return UNKNOWN
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    centred = gains - gains.mean()
    rank = ((np.cumsum(sizes) - sizes / 2) / rows)[group]
    area = float(np.mean(centred * rank))
    # Gains of the rows with a higher score: what each row's own score adds to their ranks.
    of_group = np.bincount(group, centred)
    above = ((of_group.sum() - np.cumsum(of_group) + of_group / 2) / rows)[group]
    influence = centred * (rank - 0.5) + above - 2 * area
    deviation = float(np.sqrt(np.square(np.bincount(customers, influence)).sum())) / rows
    return Interval(area, area - Z_95 * deviation, area + Z_95 * deviation)


def qini_curve(scores: Values, gains: Values) -> pa.Table:
    """The Qini curve at 101 shares from 0 to 1, with the columns of `QINI_CURVE`."""
    order = np.argsort(-scores, kind="stable")
    kept = np.concatenate([[0.0], np.cumsum(gains[order])]) / max(len(gains), 1)
    shares = np.linspace(0, 1, CURVE_POINTS + 1)
    gain = np.interp(shares, np.linspace(0, 1, len(kept)), kept)
    return pa.table([shares, gain, shares * kept[-1]], schema=QINI_CURVE)


def uplift_by_decile(scores: Values, gains: Values) -> pa.Table:
    """Predicted and measured uplift of each tenth of the rows, with the columns `UPLIFT_DECILES`.

    With fewer than ten rows there are as many groups as rows.
    """
    order = np.argsort(-scores, kind="stable")
    rows = []
    for number, members in enumerate(np.array_split(order, DECILES), start=1):
        if len(members):
            interval = mean_interval(gains[members])
            rows.append(_Decile(number, len(members), float(scores[members].mean()), interval))
    return pa.Table.from_pylist([row.as_row() for row in rows], schema=UPLIFT_DECILES)


@dataclass(frozen=True)
class _Decile:
    """One tenth of the rows."""

    number: int
    customers: int
    predicted: float
    uplift: Interval

    def as_row(self) -> dict[str, object]:
        ends = (self.uplift.low, self.uplift.high)
        low, high = (None if np.isnan(end) else end for end in ends)
        return {
            "decile": self.number,
            "customers": self.customers,
            "predicted_uplift": self.predicted,
            "uplift": self.uplift.estimate,
            "uplift_low": low,
            "uplift_high": high,
        }
