"""Calibration of the booster's margins: Platt scaling or beta calibration.

Beta calibration is logit p = a·ln s − b·ln(1 − s) + c with s = sigmoid(margin) (Kull, Silva Filho,
Flach: Beta calibration, AISTATS 2017, section 3.1); Platt scaling is the case a = b. Both are
strictly increasing, so they keep the order of customers. Isotonic regression is not used, because
its steps give the customers with the highest risk equal probabilities.

The top is shrunk twice. Log odds above those of the riskiest tenth are shrunk towards that bound,
by a slope between 0 and 1 that the rows above it have to justify. And the odds stay below a cap,
because n customers cannot show a probability above 1 − 1 / (2n + 2) (Jeffreys' prior).
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
# Prior precision of the factor on the slopes. 3,000 customers weigh about 700 and 1,000 about 250,
# so a small company keeps a third of the slope of its calibration dates.
SLOPE_PRECISION = 100.0
WEAK_PRECISION = 1e-6
MAX_LEVEL_STEPS = 100
LEVEL_TOLERANCE = 1e-12
SMALLEST_SLOPE = 1e-6
# Rows of the top, whose slope is estimated apart: a tenth, and with fewer than 100 none.
TOP_SHARE = 0.1
LEAST_TOP = 100
# Prior of the slope above the bound. Its precision weighs like about 20 customers one unit above
# the bound, so a handful of customers does not assert a high probability.
TOP_SLOPE, TOP_PRECISION = 0.5, 4.0
SMALLEST_TOP_SLOPE = 0.05


@dataclass(frozen=True)
class Calibrator:
    """Coefficients of logit p = a·ln s − b·ln(1 − s) + c; the default is the identity.

    Where a·ln s − b·ln(1 − s) exceeds `top_from`, its excess is multiplied by `top_slope`; None for
    no such bound. The odds p / (1 − p) stay below `max_odds`; None for no cap.
    """

    method: Method = "none"
    a: float = 1.0
    b: float = 1.0
    c: float = 0.0
    top_from: float | None = None
    top_slope: float = 1.0
    max_odds: float | None = None

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
                return cls("beta", a, b, c).with_top(margins, labels)
        if smaller >= MIN_CLASS_FOR_PLATT:
            slope, c = _fit_near_identity(np.column_stack([log_yes - log_no, ones]), labels)
            if slope > 0:
                return cls("platt", slope, slope, c).with_top(margins, labels)
        return cls()

    def at_level(self, margins: NDArray[np.float32], labels: NDArray[np.bool_]) -> Calibrator:
        """The same slopes, with the intercept at which the mean prediction is the churn rate.

        The slopes are fitted on the latest dates. The intercept is fitted on rows of all dates,
        because the churn rate varies with the season and one date cannot separate a season from a
        trend.
        """
        return replace(self, c=intercept_at(self._shaped(margins), labels, self.c))

    def at_slope(self, margins: NDArray[np.float32], labels: NDArray[np.bool_]) -> Calibrator:
        """The same shape, with both slopes multiplied by the factor that later rows show.

        Args:
            margins: log odds of shape (rows,) of rows that are later than those of the fit.
            labels: their outcomes, of shape (rows,).
        """
        factor = slope_factor(self._shaped(margins), labels)
        bound = None if self.top_from is None else factor * self.top_from
        return replace(self, a=factor * self.a, b=factor * self.b, top_from=bound)

    @classmethod
    def average(cls, labels: NDArray[np.bool_]) -> Calibrator:
        """The base rate for margins of 0, which a booster without trees and base margin returns.

        Half a customer of either outcome is added (Jeffreys' prior), so that the rate is never 0
        or 1.
        """
        return cls("average", c=float(logit((labels.sum() + 0.5) / (len(labels) + 1))))

    def apply(self, margins: NDArray[np.float32], log_ratio: float = 0.0) -> NDArray[np.float64]:
        """Calibrated probabilities of margins of shape (rows,), in their order.

        Args:
            margins: log odds of shape (rows,).
            log_ratio: log of the factor on every customer's cumulative hazard −ln p of staying
                away (`ml.level`): p becomes p to the power of exp(`log_ratio`).
        """
        probabilities = expit(self._shaped(margins) + self.c)
        if log_ratio:
            probabilities = probabilities ** np.exp(log_ratio)
        if self.max_odds is not None:
            # The harmonic sum of the odds: below the cap, and strictly increasing.
            probabilities = probabilities / (1 + probabilities / self.max_odds)
        return np.asarray(probabilities)

    def _shaped(self, margins: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log odds before the intercept, with the excess over the top's bound multiplied."""
        margin = margins.astype(np.float64)
        shaped = self.a * log_expit(margin) - self.b * log_expit(-margin)
        if self.top_from is None:
            return np.asarray(shaped)
        excess = np.maximum(shaped - self.top_from, 0)
        return np.asarray(shaped - (1 - self.top_slope) * excess)

    def with_top(self, margins: NDArray[np.float32], labels: NDArray[np.bool_]) -> Calibrator:
        """The calibrator with slope and cap of the riskiest tenth; unchanged with too few rows."""
        rows = int(TOP_SHARE * len(labels))
        if rows < LEAST_TOP:
            return self
        shaped = self._shaped(margins)
        bound = float(np.partition(shaped, -rows)[-rows])
        above = shaped > bound
        excess, churned = shaped[above] - bound, labels[above]
        slope = _top_slope(excess, churned, bound + self.c)
        return replace(self, top_from=bound, top_slope=slope, max_odds=2.0 * rows + 1.0)

    def to_json(self) -> str:
        """The calibrator as JSON text; floats keep every bit."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Calibrator:
        """Read JSON text written by `to_json`."""
        return cls(**json.loads(text))


def intercept_at(
    log_odds: NDArray[np.float64], labels: NDArray[np.bool_], start: float = 0.0
) -> float:
    """Intercept at which the mean prediction of log odds of shape (rows,) is the churn rate.

    Half a customer of either outcome is added (Jeffreys' prior). Newton's method finds the
    intercept from `start`, because the mean prediction increases in it.
    """
    rate, level = (labels.sum() + 0.5) / (len(labels) + 1), start
    for _ in range(MAX_LEVEL_STEPS):
        predicted = expit(log_odds + level)
        slope = max(float(np.mean(predicted * (1 - predicted))), SMALLEST_SLOPE)
        step = float(np.clip((rate - predicted.mean()) / slope, -1, 1))
        level += step
        if abs(step) < LEVEL_TOLERANCE:
            break
    return float(level)


def slope_factor(log_odds: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Factor on log odds of shape (rows,) that their outcomes show, with its prior around 1.

    It is fitted with an intercept of its own, so the level of the outcomes moves nothing. 1 with
    fewer than 10 rows of an outcome, and where the factor would reverse the order of customers.
    """
    if min(labels.sum(), (~labels).sum()) < MIN_CLASS_FOR_PLATT:
        return 1.0
    columns = np.column_stack([log_odds - log_odds.mean(), np.ones(len(labels))])
    prior, precision = np.array([1.0, 0.0]), np.array([SLOPE_PRECISION, WEAK_PRECISION])
    factor = float(fit_logistic(columns, labels, prior, precision)[0])
    return factor if factor > 0 else 1.0


def _fit_near_identity(columns: NDArray[np.float64], labels: NDArray[np.bool_]) -> list[float]:
    identity = np.ones(columns.shape[1])
    identity[-1] = 0.0
    precision = np.full(columns.shape[1], PRIOR_PRECISION)
    return [float(value) for value in fit_logistic(columns, labels, identity, precision)]


def _top_slope(excess: NDArray[np.float64], churned: NDArray[np.bool_], start: float) -> float:
    """Slope of log odds `start` + slope · excess with its normal prior, by Newton's method."""
    slope = TOP_SLOPE
    for _ in range(MAX_LEVEL_STEPS):
        predicted = expit(start + slope * excess)
        gradient = float(((churned - predicted) * excess).sum()) - TOP_PRECISION * (
            slope - TOP_SLOPE
        )
        curvature = float((predicted * (1 - predicted) * excess**2).sum()) + TOP_PRECISION
        step = gradient / curvature
        slope += step
        if abs(step) < LEVEL_TOLERANCE:
            break
    return float(np.clip(slope, SMALLEST_TOP_SLOPE, 1.0))
