"""Admission: the hard limits of the day, applied to the actual draws.

Explorers are admitted first (`ml.decisions.exploration`). Customers of the exploitation follow in
the lines of the allocation: a customer is admitted if the treated customers ahead and the customer
together fit into what explorers leave of the capacity, and then of the budget. Customers who are
withheld as controls, or who explore, use nothing. Admission therefore depends on the draws of
others only: treatment and control are cut alike, and the share of controls among the admitted is
the control share for any limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.decisions.allocation import Allocation
from ml.decisions.candidates import Codes, Flags, Floats, Limits
from ml.decisions.exploration import Explorers
from ml.decisions.prices import NO_ACTION


@dataclass(frozen=True)
class Admission:
    """Room for each customer's action of the allocation, given the draws of all others.

    Attributes:
        has_contact: whether the capacity has room, false without an action, shape (customers,).
        has_money: whether the budget has room as well, shape (customers,).
    """

    has_contact: Flags
    has_money: Flags


def admit(
    allocation: Allocation, uses: Flags, explorers: Explorers, costs: Floats, limits: Limits
) -> Admission:
    """Admission of the allocation's customers.

    Args:
        allocation: actions and lines.
        uses: customers who neither explore nor are withheld, shape (customers,).
        explorers: who are admitted first, with their own use.
        costs: in units, shape (actions, customers).
        limits: of the day.
    """
    customers = np.arange(len(uses))
    cost = np.where(allocation.action >= 0, costs[allocation.action, customers], 0)
    own = _OwnExploration.of(explorers, len(uses))
    contacts = _Contacts.of(allocation, uses, limits.capacities - explorers.contacts, own)

    line = allocation.lines.for_money
    spend = np.where(uses & contacts.is_left, cost, 0)[line]
    ahead = np.cumsum(spend) - spend
    # Without a customer's own exploration, one more contact of that action is taken and paid for.
    place = np.empty(len(uses), np.int64)
    place[line] = np.arange(len(line))
    explored = own.action[line]
    next_one = np.append(contacts.first_cut, NO_ACTION)[explored]
    is_ahead = (next_one != NO_ACTION) & (place[next_one] < np.arange(len(line)))
    ahead += np.where(is_ahead, cost[next_one], 0)
    left = limits.budget - explorers.spend + own.cost[line]
    has_money = contacts.is_left_without_own.copy()
    has_money[line] &= (cost[line] == 0) | (ahead + cost[line] <= left)
    return Admission(contacts.is_left_without_own, has_money)


@dataclass(frozen=True)
class _OwnExploration:
    """Action that each customer explores as treated, or `NO_ACTION`, and its cost in units."""

    action: Codes
    cost: Floats

    @classmethod
    def of(cls, explorers: Explorers, customers: int) -> _OwnExploration:
        action, cost = np.full(customers, NO_ACTION), np.zeros(customers)
        action[explorers.customer] = explorers.action
        cost[explorers.customer] = explorers.cost
        return cls(action, cost)


@dataclass(frozen=True)
class _Contacts:
    """Contacts that are left for each customer.

    Attributes:
        is_left: given the explorers as they are, shape (customers,).
        is_left_without_own: without the customer's own exploration, shape (customers,).
        first_cut: the first treated customer by action for whom none is left, or `NO_ACTION`,
            shape (actions,).
    """

    is_left: Flags
    is_left_without_own: Flags
    first_cut: Codes

    @classmethod
    def of(
        cls, allocation: Allocation, uses: Flags, left: Floats, own: _OwnExploration
    ) -> _Contacts:
        is_left, without_own = (np.zeros(len(uses), bool) for _ in range(2))
        first_cut = np.full(len(left), NO_ACTION)
        line = allocation.lines.for_contacts
        for action, contacts in enumerate(left):
            mine = line[allocation.action[line] == action]
            ahead = np.cumsum(uses[mine]) - uses[mine]
            is_left[mine] = ahead < contacts
            without_own[mine] = ahead < contacts + (own.action[mine] == action)
            cut = mine[uses[mine] & (ahead == contacts)]
            first_cut[action] = cut[0] if len(cut) else NO_ACTION
        return cls(is_left, without_own, first_cut)
