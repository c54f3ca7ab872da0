"""Training of an uplift learner: its later period, its evaluation, and the decision about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.effects.schemas import ACTION_ID, TREATMENT
from ml.schemas import feature_names
from ml.uplift.offline_value import Valuation
from ml.uplift.uplift_learner import (
    LEAST_CUSTOMERS,
    UpliftLearner,
    UpliftResult,
    UpliftSettings,
    learn_uplift,
    usable_units,
)

# Columns of a unit that are no features.
UNIT_COLUMNS = frozenset({ACTION_ID, "assigned_on", "arm", "treatment_probability", "is_retained"})


@dataclass(frozen=True)
class LoadedUplift:
    """A registered learner of an action, in use from `as_of` on."""

    learner: UpliftLearner
    version: str
    as_of: date


@dataclass(frozen=True)
class LaterPeriod:
    """Split of an action's units into those learned from and those of a later period.

    Attributes:
        starts_on: first day of the later period.
        least: customers in the smallest of the four groups: either arm, before and within it.
    """

    starts_on: date
    least: int

    @property
    def is_enough(self) -> bool:
        """Return whether each group is large enough to learn and to judge."""
        return self.least >= LEAST_CUSTOMERS


@dataclass(frozen=True)
class UpliftTraining:
    """A learner of one action, evaluated on its later period."""

    action_id: str
    as_of: date
    horizon_days: int
    period: LaterPeriod
    result: UpliftResult

    @property
    def metrics(self) -> dict[str, float]:
        """Figures of the later period by name."""
        area, deciles = self.result.area, self.result.deciles.to_pylist()
        return {
            "qini_area": area.estimate,
            "qini_area_low": area.low,
            "qini_area_high": area.high,
            "mean_uplift": self.result.curve["gain"][-1].as_py(),
            "top_decile_uplift": deciles[0]["uplift"],
            "bottom_decile_uplift": deciles[-1]["uplift"],
            "training_units": float(self.result.training_units),
            "later_units": float(self.result.later_units),
        }

    def decide(self, valuation: Valuation | None) -> tuple[bool, list[str]]:
        """Decide if the learner replaces the simple estimate; return the reasons as sentences too.

        Args:
            valuation: of the rule with the learner on logged decisions; None if it was not valued,
                because the ranking alone refuses it.
        """
        area = self.result.area
        qini = (
            f"Area between the Qini curve and a random order on the later period:"
            f" {area.estimate:.4f} (95 % interval {area.low:.4f} to {area.high:.4f})."
        )
        if not self.result.replaces_simple_estimate:
            return False, [qini, "Refused: the interval does not lie above a random order."]
        if valuation is None or not valuation.takes_over:
            why = "it was not valued" if valuation is None else valuation.sentence
            return False, [qini, f"Refused: {why}."]
        return True, [qini, f"Promoted: {valuation.sentence}."]


def later_period(units: pa.Table, horizon_days: int) -> LaterPeriod | None:
    """The split that leaves the smallest group as large as possible; None without usable units.

    It depends on days and arms alone, never on outcomes. Units whose outcome was not known before
    the later period belong to neither part.

    Args:
        units: matured units of one action with the columns of `uplift_learner.USED`.
        horizon_days: days from an assignment to its outcome.
    """
    usable = usable_units(units)
    if not len(usable):
        return None
    days = usable["assigned_on"].cast(pa.int32()).to_numpy()
    is_treated = pc.equal(usable["arm"], TREATMENT).to_numpy()
    starts = np.unique(days)
    groups = []
    for arm in (np.sort(days[is_treated]), np.sort(days[~is_treated])):
        groups.append(np.searchsorted(arm, starts - horizon_days, side="right"))
        groups.append(len(arm) - np.searchsorted(arm, starts, side="left"))
    least = np.min(groups, axis=0)
    best = int(np.argmax(least))
    return LaterPeriod(date(1970, 1, 1) + timedelta(int(starts[best])), int(least[best]))


def train_uplift(
    units: pa.Table, as_of: date, horizon_days: int, settings: UpliftSettings
) -> UpliftTraining | LaterPeriod | None:
    """Fit and evaluate the learner of one action.

    Args:
        units: matured units of one action, with the features as of the assignment.
        as_of: date of the training.
        horizon_days: days from an assignment to its outcome.
        settings: folds and boosting parameters.

    Returns:
        The best split if even its smallest group has fewer than 300 customers; None without any
        usable unit.
    """
    period = later_period(units, horizon_days)
    if period is None or not period.is_enough:
        return period
    features = [name for name in feature_names(units) if name not in UNIT_COLUMNS]
    result = learn_uplift(units, features, period.starts_on, horizon_days, settings)
    if result is None:
        return period
    action = units[ACTION_ID][0].as_py()
    return UpliftTraining(action, as_of, horizon_days, period, result)
