"""How likely a contract is left in each of the months ahead.

A discrete-time proportional-odds hazard (Singer, Willett: It's About Time: Using Discrete-Time
Survival Analysis to Study Duration and the Timing of Events, Journal of Educational Statistics 18,
1993). Of the customers still under contract at the start of month k the share h_k leaves by its
end, with

    logit h_k = a_k + s        in a month that begins within the horizon,
    logit h_k = a_k + b · s    in a later one.

a_k is the level of the month for the average customer. s says by how much a customer's log odds
lie above the average's; it is what makes the survival to the end of the horizon one minus the
churn probability, so that the two never contradict each other. b says how much of it is left after
the horizon: what told the next quarter's leavers tells the next year's less well.
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
from ml.churn.person_months import DAYS_PER_MONTH, PersonMonths, months_ahead
from ml.customer_hash import keep_customers
from ml.metrics.evaluate import log_loss
from ml.metrics.ranking import Scores
from ml.schemas import CHURN_HAZARDS, CUSTOMER_ID, LEFT_IN_MONTH, MONTHS_OBSERVED, SNAPSHOT_DATE

# Fourteen coefficients need no more rows; at twelve months each these are 27 MB of design.
MAX_ROWS = 20_000
HAZARD_SALT = 808
# Prior precisions, around the constant hazard that the churn probabilities amount to: one leaver
# for the level; ten for the step from a month to the next, which with twenty leavers in each shows
# it at half its size; four for the slope, as in `calibrate`. What is held does not move.
LEVEL_PRECISION = 1.0
STEP_PRECISION = 10.0
SLOPE_PRECISION = 4.0
HELD = 1e9
# Nearer to 0 and 1 than this a probability says no more, and s would be infinite.
SMALLEST_PROBABILITY = 1e-12
MAX_STEPS = 50
TOLERANCE = 1e-13


@dataclass(frozen=True)
class HazardModel:
    """Levels a_1, a_2, … of the months ahead, and the slope b after the horizon.

    The customer with s = 0 is the one of average log odds. Levels after `months_observed`, the last
    month that any customer was followed to, are that month's. `shift` was added to the levels at
    which customers leave in a month, so that they amount to the churn probabilities: it is below 0
    where some come back within the horizon, who have left and yet not churned.
    """

    horizon_days: int
    months_observed: int
    levels: tuple[float, ...]
    slope: float
    shift: float = 0.0

    @classmethod
    def fit(cls, known: PersonMonths, horizon_days: int) -> HazardModel:
        """Fit on at least one person-month.

        Levels are steps from month to month, each drawn towards none, so that few leavers make no
        wild months and months that nobody was followed to have the level of the last one. Within
        the horizon the slope is held at one, which is what s has there: the rows that the churn
        model was fitted on would show it too steep.
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
            known.left,
            np.array([average, *[0.0] * steps, 1.0, 1.0]),
            np.array([LEVEL_PRECISION, *[STEP_PRECISION] * steps, HELD, SLOPE_PRECISION]),
        )
        unshifted = cls(
            horizon_days,
            months_observed=int(known.month.max()),
            levels=tuple(np.cumsum(found[: len(months)]).tolist()),
            # Below zero, those likelier to leave within the horizon would be the safer ones after.
            slope=max(float(found[-1]), 0.0),
        )
        return unshifted._with_average(float(expit(average)))

    def hazards(self, probabilities: Scores) -> NDArray[np.float64]:
        """Probability of leaving in each month of those who have not yet, shape (rows, months).

        Args:
            probabilities: of leaving within the horizon, shape (rows,).
        """
        above = self._above_average(probabilities)[:, None]
        later = _begins_after(np.arange(1, len(self.levels) + 1), self.horizon_days)
        return np.asarray(expit(self.levels + np.where(later, self.slope * above, above)))

    def to_json(self) -> str:
        """The model as JSON text; floats keep every bit."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> HazardModel:
        """Read what `to_json` wrote."""
        stored = json.loads(text)
        return cls(**{**stored, "levels": tuple(stored["levels"])})

    def _with_average(self, hazard: float) -> HazardModel:
        """The levels at which s is 0 for the customer with this constant hazard."""
        staying = (1 - hazard) ** (self.horizon_days / DAYS_PER_MONTH)
        shift = float(self._above_average(np.array([1 - staying]))[0])
        levels = tuple(level + shift for level in self.levels)
        return replace(self, levels=levels, shift=shift)

    def _above_average(self, probabilities: Scores) -> Scores:
        """Each customer's s, shape (rows,).

        Newton's method on the logarithm of the cumulative hazard, which is concave in s: from the
        left it never oversteps.
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
    """One month ahead on the person-months that judge: the share that left, and what was told."""

    month: int
    person_months: int
    left: float
    predicted: float


@dataclass(frozen=True)
class HazardResult:
    """A hazard and how it did on the person-months after the holdout date.

    Log losses are nats a person-month: of the hazard, of the constant one that each customer's
    churn probability amounts to, and of one share for all months and customers. They are NaN where
    no month has passed since. Whether somebody came back is not known when a month ends, so all
    three are judged without the model's shift.
    """

    model: HazardModel
    log_loss: float
    constant_log_loss: float
    average_log_loss: float
    months: tuple[MonthResult, ...]

    def metrics(self) -> dict[str, float]:
        """Figures by name."""
        return {
            "hazard_person_months": float(sum(month.person_months for month in self.months)),
            "hazard_log_loss": self.log_loss,
            "hazard_constant_log_loss": self.constant_log_loss,
            "hazard_average_log_loss": self.average_log_loss,
            "hazard_slope": self.model.slope,
            "hazard_shift": self.model.shift,
        }


def constant_hazard(probabilities: Scores, horizon_days: int) -> Scores:
    """The hazard a month that, being the same in all, gives the probabilities over the horizon."""
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
    """Fit on the months that ended by the holdout date, judge on those that began on it or later.

    The first months after the holdout date are judged on its own customers, later ones on those of
    the dates before, by then so many months on.

    Args:
        past: labelled rows from before the holdout, and their churn probabilities, shape (rows,).
        holdout: labelled rows of the holdout date, and theirs.
        horizon_days: what the probabilities are of.
        holdout_date: the last day that fitting may know of.
        as_of: the last day that judging may know of.

    Returns:
        None where the months of leaving are not known, as with customers without contracts.
    """
    if not {MONTHS_OBSERVED, LEFT_IN_MONTH} <= set(past[0].column_names):
        return None
    sampled = keep_customers(past[0][CUSTOMER_ID], MAX_ROWS, HAZARD_SALT)
    known = PersonMonths.of(
        past[0].filter(pa.array(sampled)), past[1][sampled], ended_by=holdout_date
    )
    if len(known) == 0:
        return None
    judged = PersonMonths.of(*past, begun_from=holdout_date, ended_by=as_of).joined(
        PersonMonths.of(*holdout, begun_from=holdout_date, ended_by=as_of)
    )
    return _judged(HazardModel.fit(known, horizon_days), judged, float(known.left.mean()))


def score_hazards(model: HazardModel, scores: pa.Table) -> pa.Table:
    """The months ahead of scored customers: a table of `CHURN_HAZARDS`, in the scores' order.

    Args:
        model: of the model version that scored.
        scores: a table of `CHURN_SCORES`.
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


def _judged(model: HazardModel, judged: PersonMonths, average: float) -> HazardResult:
    hazard = model.hazards(judged.probability)[np.arange(len(judged)), judged.month - 1]
    constant = constant_hazard(judged.probability, model.horizon_days)
    hazard, constant = (expit(logit(told) - model.shift) for told in (hazard, constant))
    own, constant_loss, average_loss = (
        log_loss(judged.left, told) if len(judged) else float("nan")
        for told in (hazard, constant, np.full(len(judged), average))
    )
    return HazardResult(
        model=model,
        log_loss=own,
        constant_log_loss=constant_loss,
        average_log_loss=average_loss,
        months=tuple(
            MonthResult(
                month=int(month),
                person_months=int((judged.month == month).sum()),
                left=float(judged.left[judged.month == month].mean()),
                predicted=float(hazard[judged.month == month].mean()),
            )
            for month in np.unique(judged.month)
        ),
    )
