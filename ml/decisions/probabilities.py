"""Probabilities of each customer's actions under the day's randomisation.

They are those over a customer's own draws of the day (exploration, choice, control), given the
candidates, the global hold-out and the draws of all other customers. Given these, prices and lines
are fixed and limits have room for a customer or not, so the probabilities are exact for any number
of customers. The global hold-out is drawn once for ever and is not part of a day: its customers
receive nothing with probability 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml.decisions.candidates import Candidates, Codes, Flags, Floats
from ml.decisions.day import Day
from ml.decisions.prices import NO_ACTION
from ml.decisions.schemas import ACTION_PROBABILITIES


@dataclass(frozen=True)
class ChoiceProbabilities:
    """Probabilities that an action is chosen, before the control draw.

    Attributes:
        chosen: shape (actions, customers).
        nothing: probability that no action is chosen, shape (customers,).
        control_share: probability that a chosen action is withheld.
    """

    chosen: Floats
    nothing: Floats
    control_share: float

    @classmethod
    def of(
        cls, day: Day, admitted: Floats, action: Codes, is_admitted: Flags
    ) -> ChoiceProbabilities:
        """Probabilities of exploration and exploitation together.

        Args:
            day: plan of the exploration and global hold-out.
            admitted: probability that an explorer is admitted, shape (actions, customers).
            action: of the exploitation, shape (customers,).
            is_admitted: whether all limits have room for that action, shape (customers,).
        """
        plan = day.plan
        drawn = plan.share / plan.choices
        exploits = plan.exploits
        chosen = np.zeros_like(admitted)
        nothing = drawn + np.where(is_admitted, 0, exploits)
        for number in range(len(admitted)):
            accepted = drawn * plan.acceptance[number]
            is_best = (action == number) & is_admitted
            chosen[number] = accepted * admitted[number] + np.where(is_best, exploits, 0)
            nothing += accepted * (1 - admitted[number])
        chosen[:, day.is_held_out] = 0
        nothing = np.where(day.is_held_out, 1.0, nothing)
        return cls(chosen, nothing, day.shares.control_share)

    def of_decisions(self, action: Codes, is_withheld: Flags) -> Floats:
        """Probability of each customer's action and arm, shape (customers,)."""
        customers = np.arange(len(action))
        arm = np.where(is_withheld, self.control_share, 1 - self.control_share)
        return np.where(action == NO_ACTION, self.nothing, self.chosen[action, customers] * arm)

    def as_table(self, candidates: Candidates) -> pa.Table:
        """`ACTION_PROBABILITIES` of what customers receive, by customer and action, nothing last.

        A withheld action counts as nothing received.
        """
        received = self.chosen * (1 - self.control_share)
        nothing = self.nothing + self.chosen.sum(axis=0) * self.control_share
        by_customer = np.vstack([received, nothing]).T
        customer, action = np.nonzero(by_customer)
        names = pa.concat_arrays([candidates.actions, pa.nulls(1, pa.string())])
        columns = [
            candidates.customers.take(pa.array(customer)),
            names.take(pa.array(action)),
            pa.array(by_customer[customer, action]),
        ]
        return pa.table(columns, schema=ACTION_PROBABILITIES)
