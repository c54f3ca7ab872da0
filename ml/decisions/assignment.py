"""Assignment: the action, arm and reason that the draws of the day give each customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.decisions.admission import Admission
from ml.decisions.allocation import Allocation
from ml.decisions.candidates import Codes, Flags, Floats
from ml.decisions.day import Day
from ml.decisions.exploration import DOES_NOT_EXPLORE, EXPLORES_NOTHING, Explorers
from ml.decisions.prices import NO_ACTION
from ml.decisions.schemas import (
    BUDGET_SPENT,
    CAPACITY_REACHED,
    CONTROL,
    COSTS_MORE,
    EXPLOIT,
    EXPLORE,
    EXPLORED_NOTHING,
    GLOBAL_HOLDOUT,
    NONE,
    TREATMENT,
)

Words = NDArray[np.object_]


@dataclass(frozen=True)
class Assignment:
    """Assigned actions, withheld ones included; all arrays have the shape (customers,).

    Attributes:
        action: position of the action, or `NO_ACTION`.
        is_withheld: whether the assigned action is withheld as control.
        explores: whether the customer explores.
        arm: treatment, control, global_holdout or none.
        mode: exploit or explore, None in the global hold-out.
        reason: why a customer receives nothing, None with a treatment.
    """

    action: Codes
    is_withheld: Flags
    explores: Flags
    arm: Words
    mode: Words
    reason: Words

    @classmethod
    def of(
        cls,
        day: Day,
        explorers: Explorers,
        admitted: Floats,
        allocation: Allocation,
        room: Admission,
    ) -> Assignment:
        """Assignment by exploration or exploitation, whichever a customer has drawn.

        Args:
            day: candidates and limits.
            explorers: draws and treated explorers.
            admitted: probability that an explorer is admitted, shape (actions, customers).
            allocation: actions of the exploitation.
            room: of the limits for these actions.
        """
        drawn, customers = explorers.drawn, np.arange(len(explorers.drawn))
        explores = drawn != DOES_NOT_EXPLORE
        # An order below the admission probability is one for which the limits have room.
        open_until = admitted[np.maximum(drawn, 0), customers]
        is_admitted = (drawn >= 0) & (explorers.draws < open_until)
        exploited = np.where(room.has_money, allocation.action, NO_ACTION)
        action = np.where(explores, np.where(is_admitted, drawn, NO_ACTION), exploited)
        is_withheld = day.candidates.is_withheld(action, day.shares.control_share)
        held_out, is_treated = day.is_held_out, (action >= 0) & ~is_withheld
        return cls(
            action=action,
            is_withheld=is_withheld,
            explores=explores,
            arm=_first(
                (held_out, GLOBAL_HOLDOUT),
                (is_treated, TREATMENT),
                (is_withheld, CONTROL),
                otherwise=NONE,
            ),
            mode=_first((held_out, None), (explores, EXPLORE), otherwise=EXPLOIT),
            reason=_first(
                (held_out, GLOBAL_HOLDOUT),
                (is_treated, None),
                (is_withheld, CONTROL),
                (drawn == EXPLORES_NOTHING, EXPLORED_NOTHING),
                (explores & explorers.has_full_capacity, CAPACITY_REACHED),
                (explores, BUDGET_SPENT),
                (room.has_contact, BUDGET_SPENT),
                (allocation.action != NO_ACTION, CAPACITY_REACHED),
                (_has_unaffordable(day), BUDGET_SPENT),
                (np.asarray(day.is_worthwhile.any(axis=0)), CAPACITY_REACHED),
                otherwise=COSTS_MORE,
            ),
        )


def _has_unaffordable(day: Day) -> Flags:
    """Customers with a worthwhile action that has a contact left and costs more than the budget."""
    has_contact = (day.limits.capacities >= 1)[:, None]
    is_unaffordable = day.is_worthwhile & has_contact & (day.costs > day.limits.budget)
    return np.asarray(is_unaffordable.any(axis=0))


def _first(*cases: tuple[Flags, str | None], otherwise: str) -> Words:
    """Word of the first case that holds for each customer."""
    conditions, words = zip(*cases, strict=True)
    numbers = np.select(conditions, range(len(words)), len(words))
    return np.asarray(np.array([*words, otherwise], dtype=object)[numbers])
