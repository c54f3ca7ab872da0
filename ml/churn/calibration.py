"""Calibration of the booster's margins: Platt scaling or beta calibration.

Beta calibration is logit p = a·ln s − b·ln(1 − s) + c with s = sigmoid(margin) (Kull, Silva Filho,
Flach: Beta calibration, AISTATS 2017, section 3.1); Platt scaling is the case a = b. Both are
strictly increasing, so they keep the order of customers. Isotonic regression is not used, because
its steps give the customers with the highest risk equal probabilities.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, logit

from ml.churn.logistic import fit_logistic

Method = Literal["none", "average", "platt", "beta"]
# With fewer customers in the smaller class a third parameter fits noise.
MIN_CLASS_FOR_BETA = 1_000
MIN_CLASS_FOR_PLATT = 10
# Prior precision around the identity (a = b = 1, c = 0), worth a few dozen customers.
PRIOR_PRECISION = 4.0
MAX_LEVEL_STEPS = 100
LEVEL_TOLERANCE = 1e-12
SMALLEST_SLOPE = 1e-6


@dataclass(frozen=True)
class Calibrator:
    """Coefficients of logit p = a·ln s − b·ln(1 − s) + c; the default is the identity."""

    method: Method = "none"
    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    @classmethod
    def fit(cls, margins: NDArray[np.float32], labels: NDArray[np.bool_]) -> Calibrator:
        """Fit on margins (log odds) and labels of shape (rows,) that the booster was not fitted on.

        The size of the smaller class selects the method: below 10 the identity, below 1,000 Platt
        scaling, else beta calibration. If a fit would reverse the order of customers, the next
        simpler method is used.
        """
        smaller = int(min(labels.sum(), (~labels).sum()))
        log_yes, log_no = log_expit(margins.astype(np.float64)), log_expit(-margins.astype(float))
        ones = np.ones(len(labels))
        if smaller >= MIN_CLASS_FOR_BETA:
            a, b, c = _fit_near_identity(np.column_stack([log_yes, -log_no, ones]), labels)
            if a > 0 and b > 0:
                return cls("beta", a, b, c)
        if smaller >= MIN_CLASS_FOR_PLATT:
            slope, c = _fit_near_identity(np.column_stack([log_yes - log_no, ones]), labels)
            if slope > 0:
                return cls("platt", slope, slope, c)
        return cls()

    def at_level(self, margins: NDArray[np.float32], labels: NDArray[np.bool_]) -> Calibrator:
        """The same slopes, with the intercept at which the mean prediction is the churn rate.

        The slopes are fitted on the latest dates. The intercept is fitted on rows of all dates,
        because the churn rate varies with the season and one date cannot separate a season from a
        trend. Newton's method finds the intercept, in which the mean prediction increases.
        """
        margin = margins.astype(np.float64)
        shaped = self.a * log_expit(margin) - self.b * log_expit(-margin)
        rate, level = (labels.sum() + 0.5) / (len(labels) + 1), self.c
        for _ in range(MAX_LEVEL_STEPS):
            predicted = expit(shaped + level)
            slope = max(float(np.mean(predicted * (1 - predicted))), SMALLEST_SLOPE)
            step = float(np.clip((rate - predicted.mean()) / slope, -1, 1))
            level += step
            if abs(step) < LEVEL_TOLERANCE:
                break
        return replace(self, c=float(level))

    @classmethod
    def average(cls, labels: NDArray[np.bool_]) -> Calibrator:
        """The base rate for margins of 0, which a booster without trees and base margin returns.

        Half a customer of either outcome is added (Jeffreys' prior), so that the rate is never 0
        or 1.
        """
        return cls("average", c=float(logit((labels.sum() + 0.5) / (len(labels) + 1))))

    def apply(self, margins: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated probabilities of margins of shape (rows,), in their order."""
        margin = margins.astype(np.float64)
        return np.asarray(expit(self.a * log_expit(margin) - self.b * log_expit(-margin) + self.c))

    def to_json(self) -> str:
        """The calibrator as JSON text; floats keep every bit."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Calibrator:
        """Read JSON text written by `to_json`."""
        return cls(**json.loads(text))


def _fit_near_identity(columns: NDArray[np.float64], labels: NDArray[np.bool_]) -> list[float]:
    identity = np.ones(columns.shape[1])
    identity[-1] = 0.0
    precision = np.full(columns.shape[1], PRIOR_PRECISION)
    return [float(value) for value in fit_logistic(columns, labels, identity, precision)]
