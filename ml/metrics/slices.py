"""How a model does on groups of customers, and for which of them it is weak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.metrics.evaluate import brier
from ml.metrics.intervals import Interval, auc_interval, mean_interval
from ml.metrics.ranking import Labels, Scores

# With fewer customers the interval of the calibration gap is wider than ±12 points at a churn rate
# of a quarter, and with fewer of either outcome the standard error of the ROC AUC is above 0.09.
LEAST_CUSTOMERS = 50
LEAST_OF_EITHER = 10
# Risk tiers are some 30 points wide: a smaller gap moves few customers to another tier.
TOLERATED_GAP = 0.05

ALL = "all"
EVERYBODY = "all customers"
UNKNOWN_GROUP = "unknown"


@dataclass(frozen=True)
class SliceFigures:
    """How the probabilities of one group hold.

    `calibration_gap` is the mean predicted less the share that left: above zero where the model
    says too much.
    """

    churn_rate: float
    mean_predicted: float
    roc_auc: Interval
    brier: float
    calibration_gap: Interval


@dataclass(frozen=True)
class Slice:
    """One group of a dimension such as country; `figures` is None where it is too small to judge.

    Too small is fewer than 50 customers, or fewer than ten who left or ten who stayed.
    """

    dimension: str
    group: str
    customers: int
    figures: SliceFigures | None


# All customers first, under the dimension `all`; then by dimension, the largest group first.
SliceTable = tuple[Slice, ...]


def by_slice(
    labels: Labels, probabilities: Scores, groups: Mapping[str, Sequence[str | None]]
) -> SliceTable:
    """Metrics of every group of every dimension, and of all customers as the first row.

    Args:
        labels: who left, shape (customers,).
        probabilities: shape (customers,).
        groups: by dimension, each customer's group; None is the group `unknown`.

    Returns:
        A row a group, with 95 % intervals: of the ROC AUC by `auc_interval`, of the calibration gap
        by `mean_interval`. Of many groups one in twenty misses its interval by chance.

    Raises:
        ValueError: a dimension has another number of customers than the labels.
    """
    rows = [_slice(ALL, EVERYBODY, labels, probabilities)]
    for dimension, values in groups.items():
        if len(values) != len(labels):
            raise ValueError(
                f"{dimension}: expected a group for each of {len(labels)} customers, found "
                f"{len(values)}"
            )
        encoded = pc.fill_null(pa.array(values, pa.string()), UNKNOWN_GROUP).dictionary_encode()
        codes = np.asarray(encoded.indices)
        found = [
            _slice(dimension, name, labels[codes == code], probabilities[codes == code])
            for code, name in enumerate(encoded.dictionary.to_pylist())
        ]
        rows += sorted(found, key=lambda row: (-row.customers, row.group))
    return tuple(rows)


def weak_groups(table: SliceTable) -> list[str]:
    """For whom the model is weak, one sentence a group and weakness; none where there is nobody.

    Weak is a calibration gap whose interval lies beyond five points on one side, or a ROC AUC whose
    interval ends below that of all customers.
    """
    overall = next((row.figures for row in table if row.dimension == ALL), None)
    sentences: list[str] = []
    for row in table:
        if row.figures is None or row.dimension == ALL:
            continue
        who = f"{row.dimension} {row.group} ({row.customers:,} customers)"
        gap, area = row.figures.calibration_gap, row.figures.roc_auc
        if gap.low > TOLERATED_GAP or gap.high < -TOLERATED_GAP:
            direction = "too much" if gap.estimate > 0 else "too little"
            nearest, farthest = sorted([100 * abs(gap.low), 100 * abs(gap.high)])
            sentences.append(
                f"{who}: it says {direction}, {row.figures.mean_predicted:.0%} where "
                f"{row.figures.churn_rate:.0%} left ({nearest:.0f} to {farthest:.0f} points off)."
            )
        if overall is not None and area.high < overall.roc_auc.estimate:
            sentences.append(
                f"{who}: it tells leavers from stayers less well, ROC AUC {area.estimate:.2f} "
                f"({area.low:.2f} to {area.high:.2f}) where it is "
                f"{overall.roc_auc.estimate:.2f} over all."
            )
    return sentences


def too_small(table: SliceTable) -> dict[str, list[str]]:
    """Names of the groups too small to judge, by dimension."""
    named: dict[str, list[str]] = {}
    for row in table:
        if row.figures is None:
            named.setdefault(row.dimension, []).append(row.group)
    return named


def _slice(dimension: str, group: str, labels: Labels, probabilities: Scores) -> Slice:
    customers, left = len(labels), int(labels.sum())
    if customers < LEAST_CUSTOMERS or min(left, customers - left) < LEAST_OF_EITHER:
        return Slice(dimension, group, customers, None)
    figures = SliceFigures(
        churn_rate=left / customers,
        mean_predicted=float(probabilities.mean()),
        roc_auc=auc_interval(labels, probabilities),
        brier=brier(labels, probabilities),
        calibration_gap=mean_interval(probabilities - labels),
    )
    return Slice(dimension, group, customers, figures)
