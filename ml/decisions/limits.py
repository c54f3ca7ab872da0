"""Limits of a day as arrays, in whole units, so that sums of costs are exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ml.decisions.candidates import Floats
from ml.decisions.settings import DayLimits
from ml.errors import ModelError

# Costs are compared with the budget in millionths of the currency.
DECIMALS = 6
# Doubles count exactly up to 2^53, about 9 × 10^15.
EXACT_DIGITS = 15


@dataclass(frozen=True)
class Limits:
    """Budget in units and contacts by action, infinite where there is no limit.

    A unit is a millionth of the currency, or the budget's 10^15th part where that is larger. Costs
    are rounded up to whole units, so that sums up to the budget are exact in doubles and never too
    low.

    Attributes:
        budget: whole number of units.
        unit: amount of one unit in the currency.
        capacities: whole numbers of contacts, shape (actions,).
    """

    budget: float
    unit: float
    capacities: Floats

    @classmethod
    def of(cls, limits: DayLimits, actions: pa.Array) -> Limits:
        """Limits of the actions, in their order.

        Raises:
            ModelError: an action of the candidates has no entry in the capacities.
        """
        names = actions.to_pylist()
        missing = [name for name in names if name not in limits.capacities]
        if missing:
            raise ModelError(
                f"capacities lack {', '.join(missing)}; None stands for an action without limit"
            )
        found = (limits.capacities[name] for name in names)
        capacities = np.array([np.inf if left is None else left for left in found], float)
        if limits.budget is None:
            return cls(np.inf, 10.0**-DECIMALS, capacities)
        digits = int(np.ceil(np.log10(max(limits.budget, 1.0))))
        unit = 10.0 ** max(-DECIMALS, digits - EXACT_DIGITS)
        # A thousandth of a unit is noise of decimals in binary.
        return cls(float(np.floor(limits.budget / unit + 1e-3)), unit, capacities)

    def in_units(self, costs: Floats) -> Floats:
        """Costs in whole units, rounded up; an amount above 0 is at least one unit."""
        return np.where(costs > 0, np.maximum(np.ceil(costs / self.unit - 1e-3), 1.0), 0.0)
