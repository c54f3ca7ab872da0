"""A day before its draws: candidates, limits, plan of the exploration, problem of the allocation.

Of the draws only the one for the global hold-out is used, which is fixed for ever. Prices,
probabilities of exploration and lines therefore do not depend on the other draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml.decisions.candidates import Candidates, Flags, Floats, Limits
from ml.decisions.exploration import ExplorationPlan, Explorers
from ml.decisions.prices import AllocationProblem
from ml.decisions.settings import DayLimits, Randomisation


@dataclass(frozen=True)
class Day:
    """Everything that is known before the draws of the day.

    Attributes:
        candidates: customers, actions and their draws.
        shares: of the randomisation.
        limits: money in units, and contacts.
        costs: expected costs in units, 0 where not allowed, shape (actions, customers).
        is_held_out: customers of the global hold-out, shape (customers,).
        plan: of the exploration.
        is_worthwhile: whether an action is proven and brings more than it costs, shape (actions,
            customers).
    """

    candidates: Candidates
    shares: Randomisation
    limits: Limits
    costs: Floats
    is_held_out: Flags
    plan: ExplorationPlan
    is_worthwhile: Flags

    @classmethod
    def of(cls, table: pa.Table, shares: Randomisation, limits: DayLimits) -> Day:
        """Check candidates and limits.

        Raises:
            SchemaError: the candidates are incomplete, repeated or out of range.
            ModelError: an action of the candidates has no entry in the capacities.
        """
        candidates = Candidates.read(table)
        found = Limits.of(limits, candidates.actions)
        costs = found.in_units(candidates.spread("expected_cost", 0))
        is_held_out = candidates.holdout_draw < shares.holdout_share
        plan = ExplorationPlan.of(candidates.is_allowed, costs, is_held_out, found, shares)
        is_proven = candidates.spread("is_proven", 0) > 0
        is_worthwhile = is_proven & (candidates.spread("expected_net_value", 0) > 0)
        return cls(candidates, shares, found, costs, is_held_out, plan, is_worthwhile)

    @property
    def fits(self) -> Flags:
        """Pairs that fit into each limit if nobody else uses it, shape (actions, customers)."""
        has_contact = (self.limits.capacities >= 1)[:, None]
        return (self.costs <= self.limits.budget) & has_contact

    def explorers(self) -> Explorers:
        """Explorers by the draws of the day."""
        return Explorers.of(
            self.candidates,
            self.plan,
            self.is_held_out,
            self.costs,
            self.limits,
            self.shares.control_share,
        )

    def problem(self) -> AllocationProblem:
        """Allocation of what the exploration is expected to leave.

        An action chosen by the exploitation is carried out if the customer neither explores nor is
        withheld, so it uses limits with that probability.
        """
        is_open = self.is_worthwhile & self.fits & ~self.is_held_out
        values = self.candidates.spread("expected_net_value", 0)
        return AllocationProblem(
            values=np.where(is_open, values, -np.inf),
            costs=self.costs,
            weights=self.plan.exploits * (1 - self.shares.control_share),
            budget=self.limits.budget - self.plan.expected_spend,
            capacities=self.limits.capacities - self.plan.expected_contacts,
        )
