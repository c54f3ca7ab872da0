"""Calibration metrics: calibration curve, expected calibration error and Brier decomposition."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.metrics.ranking import Labels, Ranking, Scores

BINS = 10


class CalibrationCurve(NamedTuple):
    """Predictions and outcomes in ten bins of equal size by rank, each of shape (bins,).

    `predicted` is the mean prediction, `observed` the churn rate, `customers` the size. Fewer than
    ten customers have a bin each. Customers tied across the boundary of two bins count in both with
    their mean outcome.
    """

    predicted: Scores
    observed: Scores
    customers: NDArray[np.int64]

    @classmethod
    def of_ranking(cls, ranking: Ranking, probabilities: Scores) -> CalibrationCurve:
        """Curve of a ranking; `probabilities` are in ascending order, shape (customers,)."""
        size, larger = divmod(len(probabilities), BINS)
        sizes = size + (np.arange(BINS) < larger)
        sizes = sizes[sizes > 0]
        ends = np.cumsum(sizes)
        predicted = np.add.reduceat(probabilities, ends - sizes) / sizes
        observed = np.diff(ranking.churned_below(ends.astype(float)), prepend=0.0) / sizes
        return cls(predicted, observed, sizes)

    @property
    def error(self) -> float:
        """Expected calibration error: mean |predicted − observed| over the customers."""
        distance = np.abs(self.predicted - self.observed)
        return float(np.average(distance, weights=self.customers))

    def brier_decomposition(self) -> dict[str, float]:
        """Reliability, resolution and uncertainty of the binned forecast, under these names.

        Murphy: A New Vector Partition of the Probability Score, Journal of Applied Meteorology 12,
        1973. Reliability − resolution + uncertainty is the Brier score of the forecast that gives
        each customer the mean prediction of the bin. The Brier score of the probabilities
        themselves also contains the variance of the predictions within the bins, less twice their
        covariance with the outcomes.
        """
        churn_rate = np.average(self.observed, weights=self.customers)
        reliability = np.average((self.predicted - self.observed) ** 2, weights=self.customers)
        resolution = np.average((self.observed - churn_rate) ** 2, weights=self.customers)
        return {
            "reliability": float(reliability),
            "resolution": float(resolution),
            "uncertainty": float(churn_rate * (1 - churn_rate)),
        }


def calibration_curve(labels: Labels, probabilities: Scores) -> CalibrationCurve:
    """Calibration curve of labels and probabilities, both of shape (customers,)."""
    order = np.argsort(probabilities)
    ranking = Ranking.of_sorted(labels[order], probabilities[order])
    return CalibrationCurve.of_ranking(ranking, probabilities[order])


def calibration_error(labels: Labels, probabilities: Scores) -> float:
    """Expected calibration error over ten bins of equal size."""
    return calibration_curve(labels, probabilities).error
