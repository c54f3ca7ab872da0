"""Decisions of one day: hold-out, exploration, allocation, control and hard limits together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml.decisions.admission import admit
from ml.decisions.allocation import Allocation, allocate
from ml.decisions.assignment import Assignment
from ml.decisions.candidates import NOT_ALLOWED, Codes, Floats
from ml.decisions.day import Day
from ml.decisions.exploration import DOES_NOT_EXPLORE
from ml.decisions.prices import NO_ACTION
from ml.decisions.probabilities import ChoiceProbabilities
from ml.decisions.schemas import DECISIONS, LIMIT_USAGE
from ml.decisions.settings import DayLimits, Randomisation


@dataclass(frozen=True)
class DayDecisions:
    """Decisions of one day.

    Attributes:
        decisions: `DECISIONS`, one row per customer in ascending order of id.
        probabilities: `ACTION_PROBABILITIES`, for the valuation of other policies.
        limits: `LIMIT_USAGE`, the budget first and then the actions in ascending order of id.
        value: expected net value of the allocation, over the draws of exploration and control.
        bound: proven upper bound on the value of any allocation under the same limits.
        relative_gap: (bound − value) ÷ bound.
    """

    decisions: pa.Table
    probabilities: pa.Table
    limits: pa.Table
    value: float
    bound: float
    relative_gap: float


def decide(candidates: pa.Table, shares: Randomisation, limits: DayLimits) -> DayDecisions:
    """Decide for all customers of one day.

    The result is a function of the arguments: the order of rows changes nothing, and there are no
    other random numbers than the candidates' draws.

    Args:
        candidates: `CANDIDATES`, one row per eligible customer and allowed action.
        shares: of hold-out, exploration and control.
        limits: money and contacts left for the day; treated customers never exceed them.

    Raises:
        SchemaError: the candidates are incomplete, repeated or out of range.
        ModelError: an action of the candidates has no entry in the capacities.
    """
    day = Day.of(candidates, shares, limits)
    explorers = day.explorers()
    admitted = explorers.admission(day.costs)
    allocation = allocate(day.problem(), day.candidates.holdout_draw)
    is_withheld = day.candidates.is_withheld(allocation.action, shares.control_share)
    uses = (allocation.action != NO_ACTION) & ~is_withheld & (explorers.drawn == DOES_NOT_EXPLORE)
    room = admit(allocation, uses, explorers, day.costs, day.limits)
    assignment = Assignment.of(day, explorers, admitted, allocation, room)
    probabilities = ChoiceProbabilities.of(day, admitted, allocation.action, room.has_money)
    return DayDecisions(
        decisions=_decisions(day, assignment, probabilities),
        probabilities=probabilities.as_table(day.candidates),
        limits=_usage(day, assignment, allocation),
        value=allocation.value,
        bound=allocation.prices.bound,
        relative_gap=allocation.relative_gap,
    )


def _decisions(day: Day, assignment: Assignment, probabilities: ChoiceProbabilities) -> pa.Table:
    action, customers = assignment.action, np.arange(len(assignment.action))
    has_none = action == NO_ACTION
    # A null index takes a null.
    row = pa.array(
        np.where(has_none, NOT_ALLOWED, day.candidates.rows[action, customers]), mask=has_none
    )
    return pa.table(
        [
            day.candidates.customers,
            day.candidates.actions.take(pa.array(action, mask=has_none)),
            pa.array(assignment.arm, pa.string()),
            pa.array(assignment.mode, pa.string()),
            pa.array(assignment.reason, pa.string()),
            pa.array(probabilities.of_decisions(action, assignment.is_withheld)),
            *(
                day.candidates.table[name].take(row)
                for name in ("expected_uplift", "expected_net_value", "expected_cost")
            ),
        ],
        schema=DECISIONS,
    )


def _usage(day: Day, assignment: Assignment, allocation: Allocation) -> pa.Table:
    """Use of the limits by treated customers; money in the currency."""
    is_treated = (assignment.action >= 0) & ~assignment.is_withheld
    explored, exploited = (
        _use(day, np.flatnonzero(is_treated & chosen), assignment)
        for chosen in (assignment.explores, ~assignment.explores)
    )
    available = np.append(day.limits.budget, day.limits.capacities)
    in_currency = np.append(day.limits.unit, np.ones(len(day.limits.capacities)))
    return pa.table(
        [
            pa.concat_arrays([pa.nulls(1, pa.string()), day.candidates.actions]),
            pa.array(available * in_currency, mask=np.isinf(available)),
            pa.array(exploited * in_currency),
            pa.array(explored * in_currency),
            pa.array(allocation.prices.prices / in_currency),
        ],
        schema=LIMIT_USAGE,
    )


def _use(day: Day, customers: Codes, assignment: Assignment) -> Floats:
    """Units of money and contacts by action, shape (1 + actions,)."""
    action = assignment.action[customers]
    contacts = np.bincount(action, minlength=len(day.limits.capacities))
    return np.append(day.costs[action, customers].sum(), contacts)
