"""Settings of the daily decisions: shares of the randomisation and limits of the day.

The configuration reads this module, so it must not import NumPy or SciPy, which take seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

from ml.errors import ModelError


@dataclass(frozen=True)
class Randomisation:
    """Shares of the randomisation, each in [0, 1).

    `holdout_share` of the customers are never acted upon. `exploration_share` of the others draw
    their action at random on a day. `control_share` of those for whom an action is chosen do not
    receive it.

    Raises:
        ModelError: a share is outside its range; the message names it.
    """

    holdout_share: float = 0.02
    exploration_share: float = 0.10
    control_share: float = 0.10

    def __post_init__(self) -> None:
        """Check the ranges of the shares."""
        for name in ("holdout_share", "exploration_share", "control_share"):
            share = getattr(self, name)
            if not 0 <= share < 1:
                raise ModelError(f"{name}: expected 0 or more and below 1, found {share}")


@dataclass(frozen=True)
class DayLimits:
    """Money and contacts left for one day; None means no limit.

    `budget` is compared with the sum of the expected costs of all treated customers. `capacities`
    holds the contacts left by action and has an entry for each action of the candidates.

    Raises:
        ModelError: a limit is negative, not finite or not a whole number of contacts.
    """

    budget: float | None = None
    capacities: Mapping[str, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the ranges of the limits."""
        if self.budget is not None and not (isfinite(self.budget) and self.budget >= 0):
            raise ModelError(f"budget: expected 0 or more, or None, found {self.budget}")
        for action, contacts in self.capacities.items():
            if contacts is not None and not (contacts >= 0 and contacts == int(contacts)):
                raise ModelError(
                    f"capacity of {action}: expected a whole number of contacts from 0 on, or "
                    f"None, found {contacts}"
                )
