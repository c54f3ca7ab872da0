"""Candidates and limits of one day as arrays of actions × customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import numbers
from ml.decisions.schemas import (
    ACTION_ID,
    CANDIDATES,
    CUSTOMER_DRAWS,
    DRAWS,
    checked,
    require_range,
)
from ml.decisions.settings import DayLimits
from ml.errors import ModelError
from ml.schemas import CUSTOMER_ID, SchemaError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]

NOT_ALLOWED = -1
# A larger amount is an error of its unit; the square of this one still fits into a double.
MAX_AMOUNT = 1e15
# Costs are compared with the budget in millionths of the currency.
DECIMALS = 6
# Doubles count exactly up to 2^53, about 9 × 10^15.
EXACT_DIGITS = 15


@dataclass(frozen=True)
class Candidates:
    """Customers in ascending order of id, actions in ascending order of id, and their draws.

    Attributes:
        customers: ids, shape (customers,).
        actions: ids, shape (actions,).
        holdout_draw: uniform draw of each customer, shape (customers,).
        exploration_draw: uniform draw of each customer and day, shape (customers,).
        choice_draw: uniform draw of each customer and day, shape (customers,).
        rows: row of the table, or -1 where the action is not allowed, shape (actions, customers).
        table: the checked candidates.
    """

    customers: pa.Array
    actions: pa.Array
    holdout_draw: Floats
    exploration_draw: Floats
    choice_draw: Floats
    rows: NDArray[np.int32]
    table: pa.Table

    @classmethod
    def read(cls, table: pa.Table) -> Candidates:
        """Check candidates of shape (rows,) and index them by customer and action.

        Raises:
            SchemaError: a column is missing or null, a number is not finite or outside its range,
                a customer has an action twice, or draws of a customer differ between actions.
        """
        table = checked(table, CANDIDATES, "candidates")
        for name in DRAWS:
            require_range(table, name, 0, 1, "candidates")
        require_range(table, "expected_cost", 0, MAX_AMOUNT, "candidates")
        require_range(table, "expected_net_value", -MAX_AMOUNT, MAX_AMOUNT, "candidates")
        customers, customer_of = _sorted_codes(table[CUSTOMER_ID])
        actions, action_of = _sorted_codes(table[ACTION_ID])
        rows = np.full((len(actions), len(customers)), NOT_ALLOWED, np.int32)
        rows[action_of, customer_of] = np.arange(len(table), dtype=np.int32)
        if np.count_nonzero(rows >= 0) < len(table):
            raise SchemaError("candidates: expected one row per customer and action, found repeats")
        holdout, exploration, choice = (
            _by_customer(table, name, customer_of, len(customers)) for name in CUSTOMER_DRAWS
        )
        return cls(customers, actions, holdout, exploration, choice, rows, table)

    @property
    def is_allowed(self) -> Flags:
        """Allowed pairs of action and customer, shape (actions, customers)."""
        return self.rows >= 0

    def spread(self, column: str, otherwise: float) -> Floats:
        """A column by action and customer, `otherwise` where the action is not allowed."""
        # The value behind the last row is that of row -1.
        return np.append(numbers(self.table[column]), otherwise)[self.rows]

    def is_withheld(self, action: Codes, control_share: float) -> Flags:
        """Return for each customer whether the control draw for an action is below the share.

        Args:
            action: positions of shape (customers,), negative for no action, which is false.
            control_share: probability of being withheld.
        """
        draws = np.append(numbers(self.table["control_draw"]), 1.0)
        rows = self.rows[np.maximum(action, 0), np.arange(len(action))]
        return np.asarray(draws[np.where(action < 0, NOT_ALLOWED, rows)] < control_share)


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


def _sorted_codes(column: pa.ChunkedArray) -> tuple[pa.Array, Codes]:
    """Distinct values in ascending order, and the position of each row's value among them."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary)
    position = np.empty(len(order), np.int64)
    position[order.to_numpy()] = np.arange(len(order))
    return encoded.dictionary.take(order), position[encoded.indices.to_numpy()]


def _by_customer(table: pa.Table, name: str, customer_of: Codes, customers: int) -> Floats:
    draws = numbers(table[name])
    found = np.empty(customers)
    found[customer_of] = draws
    if not np.array_equal(found[customer_of], draws):
        raise SchemaError(
            f"candidates.{name}: expected one draw per customer, found others in further rows"
        )
    return found
