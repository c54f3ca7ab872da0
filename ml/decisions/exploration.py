"""Exploration: a share of the customers whose action is drawn at random.

An explorer draws one of the allowed actions or nothing, each with the same probability. Where all
explorers together would use more than the exploration share of a limit, each draw of an action is
accepted only with a probability that makes the expected use equal to that share. Of the money each
action gets an equal part, and what an action does not need is left to the others: a cheap action is
accepted more often than an expensive one. A customer whose draw is not accepted is treated by the
rule of exploitation. The probabilities follow from the candidates alone and not from the draws.

The actual use varies around its expectation. Above the whole limit explorers are turned away, in
random order: the last of them in the order of the exploration draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.decisions.candidates import Candidates, Codes, Flags, Floats, Limits
from ml.decisions.settings import Randomisation

# Codes of customers who draw no action.
EXPLORES_NOTHING = -1
DOES_NOT_EXPLORE = -2


@dataclass(frozen=True)
class ExplorationPlan:
    """Probabilities of exploration, given that a customer is not in the global hold-out.

    Attributes:
        share: probability of drawing at all.
        choices: allowed actions and nothing, shape (customers,).
        acceptance: probability that a drawn action is accepted, 0 where it is not allowed or does
            not fit into a limit, shape (actions, customers).
        expected_contacts: treated explorers by action, shape (actions,).
        expected_spend: cost of treated explorers in units.
    """

    share: float
    choices: Codes
    acceptance: Floats
    expected_contacts: Floats
    expected_spend: float

    @classmethod
    def of(
        cls,
        is_allowed: Flags,
        costs: Floats,
        is_held_out: Flags,
        limits: Limits,
        shares: Randomisation,
    ) -> ExplorationPlan:
        """Plan within the exploration share of each limit.

        Args:
            is_allowed: shape (actions, customers).
            costs: in units, shape (actions, customers).
            is_held_out: customers of the global hold-out, shape (customers,).
            limits: of the day.
            shares: of the randomisation.
        """
        share = shares.exploration_share
        choices = is_allowed.sum(axis=0) + 1
        treated = np.where(is_held_out, 0, share * (1 - shares.control_share) / choices)
        fits = is_allowed & (costs <= limits.budget) & (limits.capacities >= 1)[:, None]
        by_action = _within(share, limits.capacities, (fits * treated).sum(axis=1))
        acceptance = fits * by_action[:, None]
        spend = (acceptance * costs * treated).sum(axis=1)
        by_budget = _equal_parts(share * limits.budget, spend)
        acceptance = np.where(costs > 0, acceptance * by_budget[:, None], acceptance)
        contacts = (acceptance * treated).sum(axis=1)
        return cls(share, choices, acceptance, contacts, float(spend @ by_budget))

    @property
    def exploits(self) -> Floats:
        """Probability of the rule of exploitation, shape (customers,)."""
        return np.asarray(1 - self.share * (1 + self.acceptance.sum(axis=0)) / self.choices)

    def drawn(self, candidates: Candidates, is_held_out: Flags) -> Codes:
        """Action that each customer explores, `EXPLORES_NOTHING` or `DOES_NOT_EXPLORE`."""
        found = np.full(len(self.choices), DOES_NOT_EXPLORE)
        explorers = np.flatnonzero((candidates.exploration_draw < self.share) & ~is_held_out)
        choices = self.choices[explorers]
        scaled = candidates.choice_draw[explorers] * choices
        # The product of a draw just below 1 can be rounded up.
        choice = np.minimum(scaled.astype(np.int64), choices - 1)
        # The first choice is nothing, and the n-th one after it the n-th allowed action.
        counted = np.cumsum(candidates.is_allowed[:, explorers], axis=0)
        action = np.where(choice == 0, EXPLORES_NOTHING, (counted < choice).sum(axis=0))
        accepted = scaled - choice < self.acceptance[action, explorers]
        found[explorers] = np.where((choice == 0) | accepted, action, DOES_NOT_EXPLORE)
        return found


@dataclass(frozen=True)
class Explorers:
    """Draws of the exploration, and the explorers whose action is not withheld.

    They are admitted in the order of the exploration draw. An explorer is turned away if the
    contacts or costs of those ahead, turned away or not, and the own ones exceed a limit.

    Attributes:
        drawn: action of each customer, `EXPLORES_NOTHING` or `DOES_NOT_EXPLORE`, (customers,).
        draws: order of each customer, uniform in [0, 1) among explorers, shape (customers,).
        customer: positions of the explorers who use limits, in their order, shape (explorers,).
        action: of these explorers, shape (explorers,).
        cost: of these explorers in units, shape (explorers,).
        limits: of the day.
    """

    drawn: Codes
    draws: Floats
    customer: Codes
    action: Codes
    cost: Floats
    limits: Limits

    @classmethod
    def of(
        cls,
        candidates: Candidates,
        plan: ExplorationPlan,
        is_held_out: Flags,
        costs: Floats,
        limits: Limits,
        control_share: float,
    ) -> Explorers:
        """Explorers by the draws of the candidates.

        Args:
            candidates: with draws.
            plan: of the exploration.
            is_held_out: customers of the global hold-out, shape (customers,).
            costs: in units, shape (actions, customers).
            limits: of the day.
            control_share: probability that an action is withheld.
        """
        drawn = plan.drawn(candidates, is_held_out)
        draws = candidates.exploration_draw / (plan.share or 1.0)
        is_withheld = candidates.is_withheld(drawn, control_share)
        customer = np.flatnonzero((drawn >= 0) & ~is_withheld)
        customer = customer[np.argsort(draws[customer], kind="stable")]
        action = drawn[customer]
        return cls(drawn, draws, customer, action, costs[action, customer], limits)

    @property
    def has_full_capacity(self) -> Flags:
        """Customers for whose drawn action explorers alone fill the capacity, (customers,)."""
        is_full = np.append(self.contacts >= self.limits.capacities, False)
        return np.asarray(is_full[np.maximum(self.drawn, EXPLORES_NOTHING)])

    @property
    def contacts(self) -> Floats:
        """Contacts of all explorers by action, turned away or not, shape (actions,)."""
        return np.bincount(self.action, minlength=len(self.limits.capacities)).astype(float)

    @property
    def spend(self) -> float:
        """Cost of all explorers in units, turned away or not."""
        return float(self.cost.sum())

    def admission(self, costs: Floats) -> Floats:
        """Probability that a customer who explores an action is admitted.

        The probability is over the customer's own order, given the draws of all others: limits have
        room for the customer below that order, so an explorer with a smaller one is admitted. It is
        0 where a limit has no room at all.

        Args:
            costs: in units, shape (actions, customers).

        Returns:
            Shape (actions, customers).
        """
        capacities = enumerate(self.limits.capacities)
        contacts = [self._contacts_until(*pair, costs.shape[1]) for pair in capacities]
        return np.minimum(np.reshape(contacts, costs.shape), self._money_until(costs))

    def _contacts_until(self, action: int, capacity: float, customers: int) -> Floats:
        """Order of the other explorer who takes the action's last contact, 1 if nobody does."""
        mine = self.action == action
        order = np.append(self.draws[self.customer[mine]], [1.0, 1.0])
        if capacity < 1:
            return np.zeros(customers)
        if mine.sum() < capacity:
            return np.ones(customers)
        last = int(capacity) - 1
        found = np.full(customers, order[last])
        # Without their own contact the next explorer takes the last one.
        found[self.customer[mine][: last + 1]] = order[last + 1]
        return found

    def _money_until(self, costs: Floats) -> Floats:
        """Order of the other explorer whose cost leaves too little for a customer's own, or 1."""
        budget = self.limits.budget
        if self.spend + costs.max(initial=0) <= budget:
            return np.ones_like(costs)
        spent, order = np.cumsum(self.cost), np.append(self.draws[self.customer], 1.0)
        last = np.searchsorted(spent, budget - costs, side="right")
        own = np.arange(len(self.customer))
        # Money that an explorer spends ahead of that place is left without the explorer.
        without = budget - costs[:, self.customer] + self.cost
        last[:, self.customer] = np.where(
            own <= last[:, self.customer],
            np.searchsorted(spent, without, side="right"),
            last[:, self.customer],
        )
        return np.where(costs == 0, 1.0, np.where(costs > budget, 0.0, order[last]))


def _equal_parts(money: float, wanted: Floats) -> Floats:
    """Part of each action's wanted money that it gets, at most 1, shape (actions,).

    All actions get the same amount or what they want, if that is less (max-min fairness).
    """
    # Not a number is the share 0 of an infinite budget.
    if not wanted.sum() > money:
        return np.ones(len(wanted))
    ascending = np.sort(wanted)
    # Amount for all others once the k most modest have what they want.
    left = money - np.append(0, np.cumsum(ascending)[:-1])
    amounts = left / np.arange(len(wanted), 0, -1)
    amount = amounts[np.argmax(ascending > amounts)]
    return np.asarray(np.minimum(amount / np.where(wanted > 0, wanted, amount or 1.0), 1.0))


def _within(share: float, limits: Floats, wanted: Floats) -> Floats:
    """Part of the wanted use that fits into a share of each limit, at most 1."""
    is_within = np.isinf(limits) | (wanted <= 0)
    reserved = share * np.where(is_within, 0, limits)
    return np.where(is_within, 1.0, np.minimum(reserved / np.where(is_within, 1, wanted), 1.0))
