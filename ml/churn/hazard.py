"""Hazard: the probability that a contract ends in each of the months ahead.

A discrete-time proportional-odds model (Singer, Willett: It's About Time: Using Discrete-Time
Survival Analysis to Study Duration and the Timing of Events, Journal of Educational Statistics 18,
1993). h_k is the share of customers under contract at the start of month k who churn in it:

    logit h_k = a_k + s        in a month that begins within the horizon,
    logit h_k = a_k + b · s    in a later month.

a_k is the level of month k for the average customer. s is the customer's log odds relative to the
average; it is solved so that survival to the end of the horizon is one minus the churn probability.
b is the share of s that remains after the horizon, where today's features predict less.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit, logit

from ml.churn.logistic import fit_logistic
from ml.churn.person_periods import DAYS_PER_MONTH, PersonPeriods, months_ahead
from ml.metrics.classification import log_loss
from ml.metrics.ranking import Scores
from ml.sampling import keep_customers
from ml.schemas import CHURN_HAZARDS, CUSTOMER_ID, LEFT_IN_MONTH, MONTHS_OBSERVED, SNAPSHOT_DATE

# More rows hardly change fourteen coefficients; with twelve months each these are 27 MB of design.
MAX_ROWS = 20_000
HAZARD_SALT = 808
# Prior precisions around the constant hazard of the churn probabilities. The level's is worth one
# churned customer. The step between months is shrunk to half its size with twenty churned customers
# in each. The slope has the precision of `ml.churn.calibration`. HELD fixes a coefficient.
LEVEL_PRECISION = 1.0
STEP_PRECISION = 10.0
SLOPE_PRECISION = 4.0
HELD = 1e9
# Probabilities are clipped to this distance from 0 and 1, where s would be infinite.
SMALLEST_PROBABILITY = 1e-12
MAX_STEPS = 50
TOLERANCE = 1e-13


@dataclass(frozen=True)
class HazardModel:
    """Levels a_1, a_2, … of the months ahead, and the slope b after the horizon.

    s = 0 is the customer of average log odds. `months_observed` is the last month with data; later
    levels equal that month's. `shift` was added to the fitted levels so that survival over the
    horizon agrees with the churn probabilities. It is below 0 if some customers return within the
    horizon: their contract ended in a month, and they did not churn.
    """

    horizon_days: int
    months_observed: int
    levels: tuple[float, ...]
    slope: float
    shift: float = 0.0

    @classmethod
    def fit(cls, known: PersonPeriods, horizon_days: int) -> HazardModel:
        """Fit on at least one person-month.

        Levels are sums of steps between months, each shrunk towards zero. So months with few
        churned customers do not fluctuate, and months without data have the level of the last one.
        Within the horizon the slope is fixed at one, by the definition of s: in-sample
        probabilities of the churn model would give too steep a slope.
        """
        months = np.arange(1, months_ahead(horizon_days) + 1)
        log_odds = logit(constant_hazard(known.probability, horizon_days))
        average = float(log_odds.mean())
        above, later = log_odds - average, _begins_after(known.month, horizon_days)
        reached = [known.month >= month for month in months]
        slopes = [np.where(later, 0.0, above), np.where(later, above, 0.0)]
        steps = len(months) - 1
        found = fit_logistic(
            np.column_stack([*reached, *slopes]),
            known.churned,
            np.array([average, *[0.0] * steps, 1.0, 1.0]),
            np.array([LEVEL_PRECISION, *[STEP_PRECISION] * steps, HELD, SLOPE_PRECISION]),
        )
        unshifted = cls(
            horizon_days,
            months_observed=int(known.month.max()),
            levels=tuple(np.cumsum(found[: len(months)]).tolist()),
            # Below zero, the customers of higher risk within the horizon would have the lower risk
            # later.
            slope=max(float(found[-1]), 0.0),
        )
        return unshifted._with_average(float(expit(average)))

    def hazards(self, probabilities: Scores) -> NDArray[np.float64]:
        """Hazard of each month: P(churn in the month | not before), shape (rows, months).

        Args:
            probabilities: churn probabilities over the horizon, shape (rows,).
        """
        above = self._above_average(probabilities)[:, None]
        later = _begins_after(np.arange(1, len(self.levels) + 1), self.horizon_days)
        return np.asarray(expit(self.levels + np.where(later, self.slope * above, above)))

    def to_json(self) -> str:
        """The model as JSON text; floats keep every bit."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> HazardModel:
        """Read JSON text written by `to_json`."""
        stored = json.loads(text)
        return cls(**{**stored, "levels": tuple(stored["levels"])})

    def _with_average(self, hazard: float) -> HazardModel:
        """The model with levels at which s is 0 for the customer of this constant hazard."""
        staying = (1 - hazard) ** (self.horizon_days / DAYS_PER_MONTH)
        shift = float(self._above_average(np.array([1 - staying]))[0])
        levels = tuple(level + shift for level in self.levels)
        return replace(self, levels=levels, shift=shift)

    def _above_average(self, probabilities: Scores) -> Scores:
        """S of each customer, shape (rows,).

        Newton's method on the logarithm of the cumulative hazard, which is concave in s, so that it
        converges monotonically.
        """
        known = np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
        target = np.log(-np.log1p(-known))
        starts = DAYS_PER_MONTH * np.arange(len(self.levels))
        share = np.clip((self.horizon_days - starts) / DAYS_PER_MONTH, 0, 1)
        levels, share = np.array(self.levels)[share > 0], share[share > 0]
        above = np.zeros(len(known))
        for _ in range(MAX_STEPS):
            odds = levels + above[:, None]
            total = np.logaddexp(0, odds) @ share
            step = (target - np.log(total)) * total / (expit(odds) @ share)
            above += step
            if np.abs(step).max(initial=0.0) < TOLERANCE:
                break
        return above


@dataclass(frozen=True)
class MonthResult:
    """Observed and predicted hazard of one month ahead, on the person-months of the evaluation."""

    month: int
    person_months: int
    observed: float
    predicted: float


@dataclass(frozen=True)
class HazardResult:
    """A hazard model and its evaluation on the person-months after the holdout date.

    Log losses are in nats per person-month: of the model, of the constant hazard of each customer's
    churn probability, and of one average hazard. They are NaN before the first month has passed. A
    customer's return is unknown at the end of a month, so all three exclude the model's shift.
    """

    model: HazardModel
    log_loss: float
    constant_log_loss: float
    average_log_loss: float
    months: tuple[MonthResult, ...]

    def metrics(self) -> dict[str, float]:
        """Metrics by name."""
        return {
            "hazard_person_months": float(sum(month.person_months for month in self.months)),
            "hazard_log_loss": self.log_loss,
            "hazard_constant_log_loss": self.constant_log_loss,
            "hazard_average_log_loss": self.average_log_loss,
            "hazard_slope": self.model.slope,
            "hazard_shift": self.model.shift,
        }


def constant_hazard(probabilities: Scores, horizon_days: int) -> Scores:
    """Constant monthly hazard that gives the probabilities over the horizon, shape (rows,)."""
    known = np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.asarray(-np.expm1(np.log1p(-known) * DAYS_PER_MONTH / horizon_days))


def fit_hazard(
    past: tuple[pa.Table, Scores],
    holdout: tuple[pa.Table, Scores],
    *,
    horizon_days: int,
    holdout_date: date,
    as_of: date,
) -> HazardResult | None:
    """Fit on months that ended by the holdout date, evaluate on months that began on it or later.

    The first months after the holdout date are evaluated on the holdout's customers, later months
    on customers of earlier snapshot dates.

    Args:
        past: labelled rows before the holdout, and their churn probabilities of shape (rows,).
        holdout: labelled rows of the holdout date, and their churn probabilities.
        horizon_days: horizon of the probabilities.
        holdout_date: last day of the data to fit on.
        as_of: last day of the data to evaluate on.

    Returns:
        None if the months of churn are unknown, as without contracts.
    """
    if not {MONTHS_OBSERVED, LEFT_IN_MONTH} <= set(past[0].column_names):
        return None
    sampled = keep_customers(past[0][CUSTOMER_ID], MAX_ROWS, HAZARD_SALT)
    known = PersonPeriods.of(
        past[0].filter(pa.array(sampled)), past[1][sampled], ended_by=holdout_date
    )
    if len(known) == 0:
        return None
    evaluated = PersonPeriods.of(*past, begun_from=holdout_date, ended_by=as_of).joined(
        PersonPeriods.of(*holdout, begun_from=holdout_date, ended_by=as_of)
    )
    average = float(known.churned.mean())
    return _evaluated(HazardModel.fit(known, horizon_days), evaluated, average)


def score_hazards(model: HazardModel, scores: pa.Table) -> pa.Table:
    """Hazard and survival of scored customers by month ahead, in the order of the scores.

    Args:
        model: the hazard of the model version of the scores.
        scores: a table of `CHURN_SCORES`.

    Returns:
        A table of `CHURN_HAZARDS`, one row per customer and month.
    """
    hazards = model.hazards(scores["churn_probability"].to_numpy())
    rows, months = hazards.shape
    repeated = scores.take(pa.array(np.repeat(np.arange(rows), months)))
    return pa.table(
        [
            repeated[SNAPSHOT_DATE],
            repeated[CUSTOMER_ID],
            repeated["model_version"],
            pa.array(np.tile(np.arange(1, months + 1), rows)),
            pa.array(hazards.ravel()),
            pa.array(np.cumprod(1 - hazards, axis=1).ravel()),
        ],
        names=CHURN_HAZARDS.names,
    ).cast(CHURN_HAZARDS)


def _begins_after(month: NDArray[np.int64], horizon_days: int) -> NDArray[np.bool_]:
    return np.asarray(DAYS_PER_MONTH * (month - 1) >= horizon_days)


def _evaluated(model: HazardModel, known: PersonPeriods, average: float) -> HazardResult:
    hazard = model.hazards(known.probability)[np.arange(len(known)), known.month - 1]
    constant = constant_hazard(known.probability, model.horizon_days)
    hazard, constant = (expit(logit(each) - model.shift) for each in (hazard, constant))
    own, constant_loss, average_loss = (
        log_loss(known.churned, predicted) if len(known) else float("nan")
        for predicted in (hazard, constant, np.full(len(known), average))
    )
    return HazardResult(
        model=model,
        log_loss=own,
        constant_log_loss=constant_loss,
        average_log_loss=average_loss,
        months=tuple(
            MonthResult(
                month=int(month),
                person_months=int((known.month == month).sum()),
                observed=float(known.churned[known.month == month].mean()),
                predicted=float(hazard[known.month == month].mean()),
            )
            for month in np.unique(known.month)
        ),
    )
