"""Customers in the order of their scores: what every ranking metric and curve is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Customers in ascending order of score; those with equal scores are one step.

    Both arrays have shape (steps + 1,) and begin with 0: how many customers, and how many who left,
    have at most the score of the step. Between two steps both are read as straight lines, so tied
    customers count with their mean outcome and the order of rows is no matter.
    """

    customers: NDArray[np.int64]
    left: NDArray[np.int64]

    @classmethod
    def of(cls, labels: Labels, scores: Scores) -> Ranking:
        """Rank labels and scores, both of shape (customers,) and at least one customer."""
        order = np.argsort(scores)
        return cls.of_sorted(labels[order], scores[order])

    @classmethod
    def of_sorted(cls, labels: Labels, scores: Scores) -> Ranking:
        """The same of customers who are already in ascending order of score."""
        ends = np.append(np.flatnonzero(scores[1:] != scores[:-1]) + 1, len(scores))
        left = np.cumsum(labels, dtype=np.int64)[ends - 1]
        return cls(np.concatenate([[0], ends]), np.concatenate([[0], left]))

    @property
    def has_both_outcomes(self) -> bool:
        """Whether somebody left and somebody stayed."""
        return bool(0 < self.left[-1] < self.customers[-1])

    @property
    def churn_rate(self) -> float:
        """Share of all customers who left."""
        return float(self.left[-1] / self.customers[-1])

    @property
    def roc_auc(self) -> float:
        """Area under the ROC curve by trapezoids, NaN where all customers left or all stayed."""
        if not self.has_both_outcomes:
            return float("nan")
        stayed = self.customers - self.left
        pairs = np.diff(self.left) @ (stayed[1:] + stayed[:-1]) / 2
        return float(pairs / (float(self.left[-1]) * float(stayed[-1])))

    @property
    def average_precision(self) -> float:
        """Precision summed over steps of recall from the top, NaN where nobody left."""
        if self.left[-1] == 0:
            return float("nan")
        found = self.left[-1] - self.left[:-1]
        addressed = self.customers[-1] - self.customers[:-1]
        return float(np.diff(self.left) @ (found / addressed) / self.left[-1])

    def left_below(self, customers: NDArray[np.float64]) -> Scores:
        """How many left among so many customers with the lowest scores, element by element."""
        return np.asarray(np.interp(customers, self.customers, self.left))

    def left_above(self, customers: NDArray[np.float64]) -> Scores:
        """How many left among so many customers with the highest scores, element by element."""
        return np.asarray(self.left[-1] - self.left_below(self.customers[-1] - customers))
