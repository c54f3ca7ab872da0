"""Allocation: the action of each customer that brings most under the limits.

The prices of the limits (`ml.decisions.prices`) give each customer the action of the highest
price-adjusted value v − λ·c − μ. Where more customers want an action than its capacity allows,
those with the highest adjusted value are served. Where they cost more than the budget, those with
the highest adjusted value ÷ cost are served, because cutting them must free money. Customers who
are left choose again among the actions with room, until no room is left.

The limits of the allocation are those of the expected use. So that the actual use reaches the hard
limits of the day, all other customers stand behind in the same lines with their best action
(standby): they receive it if fewer of those ahead are treated than expected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ml.decisions.candidates import Codes, Flags, Floats
from ml.decisions.prices import NO_ACTION, AllocationProblem, Prices, dual_prices

# A round serves all but a few; what the rounds behind these could add is below the measured gap.
MAX_ROUNDS = 20


@dataclass(frozen=True)
class Lines:
    """Customers with an action in the order in which limits serve them.

    Attributes:
        for_contacts: order for the capacities.
        for_money: order for the budget.
    """

    for_contacts: Codes
    for_money: Codes

    @classmethod
    def of(
        cls, problem: AllocationProblem, action: Codes, prices: Floats, tie_break: Floats
    ) -> Lines:
        """Lines of an assignment at prices; all arrays have the shape (customers,)."""
        customers = np.flatnonzero(action >= 0)
        actions = action[customers]
        costs = problem.costs[actions, customers]
        adjusted = problem.values[actions, customers] - prices[0] * costs - prices[1:][actions]
        ties = tie_break[customers]
        return cls(
            customers[np.lexsort((ties, -adjusted))],
            customers[np.lexsort((ties, -adjusted / np.maximum(costs, 1.0)))],
        )

    def behind_one_another(self, is_first: Flags) -> Lines:
        """The same lines with some customers, shape (customers,), ahead of all others."""
        return Lines(
            *(
                np.concatenate([line[is_first[line]], line[~is_first[line]]])
                for line in (self.for_contacts, self.for_money)
            )
        )


@dataclass(frozen=True)
class Allocation:
    """Action of each customer, and the lines in which the hard limits are applied.

    Attributes:
        action: position of the action, allocated or on standby, or `NO_ACTION` where no action
            brings more than it costs, shape (customers,).
        is_allocated: whether the expected limits have room for the action, shape (customers,).
        lines: customers with an action, those first who are served first.
        value: expected net value of the allocated actions.
        prices: of the limits, with the upper bound on the value of any allocation.
    """

    action: Codes
    is_allocated: Flags
    lines: Lines
    value: float
    prices: Prices

    @property
    def relative_gap(self) -> float:
        """Proven distance from the best allocation, as a share of the bound; 0 for a bound of 0."""
        bound = self.prices.bound
        return max(bound - self.value, 0.0) / bound if bound > 0 else 0.0


def allocate(problem: AllocationProblem, tie_break: Floats) -> Allocation:
    """Allocation of the problem.

    Args:
        problem: values, costs and expected limits.
        tie_break: order of customers with equal values, independent of the draws of the day,
            shape (customers,).
    """
    found = dual_prices(problem)
    allocated = _allocated(problem, found.prices, tie_break)
    is_allocated = allocated != NO_ACTION
    wanted, _ = problem.best_actions(found.prices, above=-np.inf)
    action = np.where(is_allocated, allocated, wanted)
    lines = Lines.of(problem, action, found.prices, tie_break).behind_one_another(is_allocated)
    return Allocation(action, is_allocated, lines, problem.value(allocated), found)


def _allocated(problem: AllocationProblem, prices: Floats, tie_break: Floats) -> Codes:
    """Actions within the expected limits, `NO_ACTION` for the other customers."""
    action = np.full(len(problem.weights), NO_ACTION)
    waiting, left = np.arange(len(action)), problem.limits
    for _ in range(MAX_ROUNDS):
        part = _with_room(problem.of(waiting, left))
        wanted, _ = part.best_actions(prices, above=-np.inf)
        is_served = _is_served(part, wanted, Lines.of(part, wanted, prices, tie_break[waiting]))
        if not is_served.any():
            break
        action[waiting[is_served]] = wanted[is_served]
        left = left - part.use(np.where(is_served, wanted, NO_ACTION))
        waiting = waiting[~is_served & (wanted != NO_ACTION)]
    return action


def _with_room(problem: AllocationProblem) -> AllocationProblem:
    """The problem without the actions for which a limit has no room."""
    has_room = problem.weights * problem.costs <= problem.budget
    has_room &= problem.weights <= problem.capacities[:, None]
    return replace(problem, values=np.where(has_room, problem.values, -np.inf))


def _is_served(problem: AllocationProblem, action: Codes, lines: Lines) -> Flags:
    """Customers for whom, with all ahead in both lines, the limits have room."""
    served = action >= 0
    for number in np.flatnonzero(np.isfinite(problem.capacities)):
        mine = lines.for_contacts[action[lines.for_contacts] == number]
        served[mine] = np.cumsum(problem.weights[mine]) <= problem.capacities[number]
    line = lines.for_money[served[lines.for_money]]
    spend = problem.weights[line] * problem.costs[action[line], line]
    served[line] = (spend == 0) | (np.cumsum(spend) <= problem.budget)
    return served
