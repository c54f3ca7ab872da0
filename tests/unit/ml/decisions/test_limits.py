from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.decisions.limits import Limits
from ml.decisions.settings import DayLimits
from ml.errors import ModelError

CALL = pa.array(["call"])


def limits(budget: float | None) -> Limits:
    return Limits.of(DayLimits(budget, {"call": 3, "mail": None}), CALL)


def test_cents_fill_a_budget_exactly() -> None:
    """In doubles a hundred times 0.07 is more than 7."""
    found = limits(7.0)

    assert np.full(100, 0.07).cumsum()[-1] > 7.0
    assert found.in_units(np.full(100, 0.07)).sum() == found.budget


@given(st.floats(1e-7, 1e14), st.floats(0, 1e15))
def test_costs_are_never_read_too_low(budget: float, cost: float) -> None:
    found = limits(budget)

    # A thousandth of a unit, and the rounding of a double.
    assert found.in_units(np.array([cost]))[0] * found.unit >= cost * (1 - 1e-15) - found.unit / 900
    assert found.budget * found.unit <= budget * (1 + 1e-15) + found.unit / 900
    assert found.budget <= 2**53


def test_no_limit_is_infinite() -> None:
    found = Limits.of(DayLimits(None, {"call": None}), CALL)

    assert (found.budget, found.capacities.tolist()) == (np.inf, [np.inf])


def test_an_action_without_a_capacity_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="capacities lack call, gift"):
        Limits.of(DayLimits(None, {"mail": 1}), pa.array(["call", "gift", "mail"]))
