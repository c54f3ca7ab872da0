"""Slices: metrics of groups of customers, and the groups with significantly worse metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.errors import ModelError
from ml.metrics.classification import brier
from ml.metrics.intervals import Interval, auc_interval, mean_interval
from ml.metrics.ranking import Labels, Scores

# With fewer customers the interval of the calibration gap is wider than ±12 points at a churn rate
# of a quarter, and with fewer of either outcome the standard error of the ROC AUC is above 0.09.
LEAST_CUSTOMERS = 50
LEAST_OF_EITHER = 10
# Risk tiers are some 30 percentage points wide: a smaller gap moves few customers.
TOLERATED_GAP = 0.05

ALL = "all"
EVERYBODY = "all customers"
UNKNOWN_GROUP = "unknown"


@dataclass(frozen=True)
class SliceFigures:
    """Metrics of one group.

    `calibration_gap` is the mean prediction minus the churn rate: above zero if the model
    overpredicts.
    """

    churn_rate: float
    mean_predicted: float
    roc_auc: Interval
    brier: float
    calibration_gap: Interval


@dataclass(frozen=True)
class Slice:
    """One group of a dimension such as country; `figures` is None if the group is too small.

    Too small means fewer than 50 customers, or fewer than ten of either outcome.
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
        labels: true for churned customers, shape (customers,).
        probabilities: shape (customers,).
        groups: the group of each customer, by dimension; None is the group `unknown`.

    Returns:
        One row per group, with 95 % intervals: of the ROC AUC by `auc_interval`, of the calibration
        gap by `mean_interval`. One group in twenty lies outside its interval by chance.

    Raises:
        ModelError: a dimension and the labels differ in their number of customers.
    """
    rows = [_slice(ALL, EVERYBODY, labels, probabilities)]
    for dimension, values in groups.items():
        if len(values) != len(labels):
            raise ModelError(
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
    """One sentence per group and weakness of the model; empty if no group is weak.

    A group is weak if the interval of its calibration gap lies above 5 or below −5 percentage
    points, or if the interval of its ROC AUC ends below the ROC AUC of all customers.
    """
    overall = next((row.figures for row in table if row.dimension == ALL), None)
    sentences: list[str] = []
    for row in table:
        if row.figures is None or row.dimension == ALL:
            continue
        who = f"{row.dimension} {row.group} ({row.customers:,} customers)"
        gap, area = row.figures.calibration_gap, row.figures.roc_auc
        if gap.low > TOLERATED_GAP or gap.high < -TOLERATED_GAP:
            direction = "overpredicted" if gap.estimate > 0 else "underpredicted"
            nearest, farthest = sorted([100 * abs(gap.low), 100 * abs(gap.high)])
            sentences.append(
                f"{who}: churn is {direction}, {row.figures.mean_predicted:.0%} predicted and "
                f"{row.figures.churn_rate:.0%} observed, a gap of {nearest:.0f} to {farthest:.0f} "
                "percentage points."
            )
        if overall is not None and area.high < overall.roc_auc.estimate:
            sentences.append(
                f"{who}: churned customers are ranked less well, ROC AUC {area.estimate:.2f} "
                f"({area.low:.2f} to {area.high:.2f}) against "
                f"{overall.roc_auc.estimate:.2f} of all customers."
            )
    return sentences


def too_small(table: SliceTable) -> dict[str, list[str]]:
    """Names of the groups that are too small to evaluate, by dimension."""
    named: dict[str, list[str]] = {}
    for row in table:
        if row.figures is None:
            named.setdefault(row.dimension, []).append(row.group)
    return named


def _slice(dimension: str, group: str, labels: Labels, probabilities: Scores) -> Slice:
    customers, churned = len(labels), int(labels.sum())
    if customers < LEAST_CUSTOMERS or min(churned, customers - churned) < LEAST_OF_EITHER:
        return Slice(dimension, group, customers, None)
    figures = SliceFigures(
        churn_rate=churned / customers,
        mean_predicted=float(probabilities.mean()),
        roc_auc=auc_interval(labels, probabilities),
        brier=brier(labels, probabilities),
        calibration_gap=mean_interval(probabilities - labels),
    )
    return Slice(dimension, group, customers, figures)
