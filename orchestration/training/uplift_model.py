"""Training of uplift learners, valuation on logged decisions, and scores by the learners in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.cards.uplift_card import UpliftCard
from ml.decisions.settings import DayLimits, Randomisation
from ml.schemas import CUSTOMER_ID, SNAPSHOT_DATE
from ml.uplift.offline_value import Valuation, simple_rule, value_rule
from ml.uplift.uplift_learner import LEAST_CUSTOMERS, UpliftLearner, UpliftSettings
from ml.uplift.uplift_training import LaterPeriod, LoadedUplift, UpliftTraining, train_uplift
from warehouse.ml_tables.model_tables import features_of
from warehouse.ml_tables.uplift_tables import (
    known_outcomes,
    limits_of_days,
    logged_options,
    uplift_units,
)

if TYPE_CHECKING:
    from ml.registry.uplift_registry import UpliftRegistry

# Either arm of both periods needs so many; fewer in all cannot be split.
_LEAST_OF_AN_ARM = 2 * LEAST_CUSTOMERS

UPLIFT_SCORES = pa.schema(
    [
        (SNAPSHOT_DATE, pa.date32()),
        (CUSTOMER_ID, pa.string()),
        ("action_id", pa.string()),
        ("model_version", pa.string()),
        ("uplift", pa.float64()),
    ]
)


@dataclass(frozen=True)
class ActionLearner:
    """Result of the training of one action.

    Attributes:
        action_id: the action.
        version: of the learner in the registry; None where there is too little history.
        is_promoted: whether the learner is in use.
        why: the reason, as sentences.
        training: the learner with its figures; None where there is too little history.
        card: of that learner.
    """

    action_id: str
    version: str | None
    is_promoted: bool
    why: str
    training: UpliftTraining | None = None
    card: UpliftCard | None = None


@dataclass(frozen=True)
class UpliftModels:
    """Learners of all actions with an outcome, and the value of the simple rule by today's priors.

    `rule` is None where no decision has logged probabilities and an outcome.
    """

    learners: list[ActionLearner]
    rule: Valuation | None

    @property
    def sentence(self) -> str:
        """All results as one sentence for the summary."""
        if not self.learners:
            return "no action has a randomised outcome yet, so none is learned"
        short = [each for each in self.learners if each.version is None]
        parts = [
            f"{each.action_id} {'in use' if each.is_promoted else 'not promoted'}"
            f" (version {each.version})"
            for each in self.learners
            if each.version is not None
        ]
        if short:
            parts.append(
                f"too little randomised history for {', '.join(each.action_id for each in short)}"
            )
        return "; ".join(parts)


def train_uplift_models(
    con: duckdb.DuckDBPyConnection,
    registry: Callable[[str], UpliftRegistry],
    as_of: date,
    horizon_days: int,
    shares: Randomisation,
    settings: UpliftSettings,
    *,
    run_id: str,
) -> UpliftModels:
    """Train, value, log and promote or refuse the learner of each action with enough history.

    Args:
        con: the warehouse.
        registry: the learners of an action; called only for an action with enough history.
        as_of: date of the training.
        horizon_days: days from an assignment to its outcome.
        shares: of the randomisation of the daily decisions.
        settings: folds and boosting parameters.
        run_id: the Dagster run, logged with the learners.
    """
    log = _Log.of(con, shares)
    learners = []
    smaller = {action_id: min(arms) for action_id, arms in known_outcomes(con).items()}
    enough = [action_id for action_id, least in smaller.items() if least >= _LEAST_OF_AN_ARM]
    units = uplift_units(con, enough) if enough else {}
    for action_id, least in smaller.items():
        if action_id not in units:
            learners.append(ActionLearner(action_id, None, False, _too_few(least)))
            continue
        training = train_uplift(units.pop(action_id), as_of, horizon_days, settings)
        if not isinstance(training, UpliftTraining):
            learners.append(ActionLearner(action_id, None, False, _cannot_be_split(training)))
            continue
        is_ranked = training.result.replaces_simple_estimate
        valuation = log.value_of(con, training.result.learner, action_id) if is_ranked else None
        is_promoted, reasons = training.decide(valuation)
        versions = registry(action_id)
        card = UpliftCard.of(training, valuation, reasons)
        version = versions.log(training, valuation, card, {"dagster_run_id": run_id})
        if is_promoted:
            versions.promote(version, reasons)
        else:
            versions.refuse(version, reasons)
        learners.append(
            ActionLearner(action_id, version, is_promoted, " ".join(reasons), training, card)
        )
    return UpliftModels(learners, log.value_of_priors())


def score_uplift(
    con: duckdb.DuckDBPyConnection, learners: Mapping[str, LoadedUplift], day: date
) -> pa.Table:
    """`UPLIFT_SCORES` of the customers eligible on a day; empty without a learner in use."""
    if not learners:
        return UPLIFT_SCORES.empty_table()
    features = features_of(con, day)
    return pa.concat_tables(
        pa.table(
            [
                pa.array([day] * len(features), pa.date32()),
                features[CUSTOMER_ID],
                pa.repeat(pa.scalar(action_id), len(features)),
                pa.repeat(pa.scalar(used.version), len(features)),
                used.learner.predict(features),
            ],
            schema=UPLIFT_SCORES,
        )
        for action_id, used in learners.items()
    )


@dataclass(frozen=True)
class _Log:
    """Logged decisions to value rules on."""

    options: pa.Table
    shares: Randomisation
    limits: Mapping[date, DayLimits]

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, shares: Randomisation) -> _Log:
        return cls(logged_options(con), shares, limits_of_days(con))

    def value_of_priors(self) -> Valuation | None:
        """Value of the rule by today's priors; None without a logged decision."""
        if not len(self.options):
            return None
        return value_rule(self.options, simple_rule(self.options), self.shares, self.limits)

    def value_of(
        self, con: duckdb.DuckDBPyConnection, learner: UpliftLearner, action_id: str
    ) -> Valuation:
        """Value of the rule by today's priors with a learner for one action."""
        is_action = pc.fill_null(pc.equal(self.options["action_id"], action_id), False)
        rows = np.flatnonzero(is_action.to_numpy())
        options = self.options.take(pa.array(rows))
        learned, is_learned = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
        for day in options[SNAPSHOT_DATE].unique().to_pylist():
            features = features_of(con, day)
            place = pc.index_in(options[CUSTOMER_ID], value_set=features[CUSTOMER_ID])
            of_day = pc.and_(pc.equal(options[SNAPSHOT_DATE], pa.scalar(day)), pc.is_valid(place))
            chosen = np.flatnonzero(of_day.to_numpy())
            found = features.take(place.take(pa.array(chosen)))
            learned[chosen], is_learned[chosen] = learner.predict(found), True
        rule = simple_rule(self.options).with_learned(rows[is_learned], learned[is_learned])
        return value_rule(self.options, rule, self.shares, self.limits)


def _too_few(smaller: int) -> str:
    return (
        f"Too little randomised history: {smaller:,} customers with a known outcome in the smaller"
        f" arm, and {_LEAST_OF_AN_ARM:,} are needed."
    )


def _cannot_be_split(period: LaterPeriod | None) -> str:
    found = 0 if period is None else period.least
    return (
        "Too little randomised history: of the units before and within a later period, the"
        f" smallest arm has {found:,} customers, and {LEAST_CUSTOMERS:,} are needed."
    )
