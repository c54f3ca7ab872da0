from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.decisions.candidates import NOT_ALLOWED, Candidates, Limits
from ml.decisions.schemas import CANDIDATES
from ml.decisions.settings import DayLimits
from ml.errors import ModelError
from ml.schemas import SchemaError
from tests.unit.ml.decisions.made_up_day import made_up_candidates


@pytest.fixture
def two_customers() -> pa.Table:
    """Customer b may receive both actions and customer a one of them."""
    return pa.table(
        {
            "customer_id": ["b", "a", "b"],
            "action_id": ["mail", "call", "call"],
            "expected_uplift": [0.1, 0.2, 0.3],
            "expected_net_value": [1.0, 2.0, 3.0],
            "expected_cost": [0.1, 0.2, 0.3],
            "holdout_draw": [0.5, 0.6, 0.5],
            "exploration_draw": [0.1, 0.2, 0.1],
            "choice_draw": [0.7, 0.8, 0.7],
            "control_draw": [0.05, 0.5, 0.9],
            "is_proven": [True, True, True],
        },
        schema=CANDIDATES,
    )


def test_rows_are_found_by_action_and_customer(two_customers: pa.Table) -> None:
    found = Candidates.read(two_customers)

    assert found.customers.to_pylist() == ["a", "b"]
    assert found.actions.to_pylist() == ["call", "mail"]
    assert found.rows.tolist() == [[1, 2], [NOT_ALLOWED, 0]]
    assert found.holdout_draw.tolist() == [0.6, 0.5]
    assert found.spread("expected_net_value", 0).tolist() == [[2, 3], [0, 1]]


def test_a_control_draw_belongs_to_customer_and_action(two_customers: pa.Table) -> None:
    found = Candidates.read(two_customers)

    assert found.is_withheld(np.array([0, 1]), 0.1).tolist() == [False, True]
    assert found.is_withheld(np.array([0, 0]), 0.6).tolist() == [True, False]
    assert found.is_withheld(np.array([-1, -2]), 0.99).tolist() == [False, False]


def test_a_repeated_candidate_is_refused(two_customers: pa.Table) -> None:
    with pytest.raises(SchemaError, match="one row per customer and action, found repeats"):
        Candidates.read(pa.concat_tables([two_customers, two_customers.slice(0, 1)]))


def test_draws_of_a_customer_that_differ_between_actions_are_refused() -> None:
    table = made_up_candidates(3, allowed_share=1)
    draws = pa.array(np.linspace(0, 0.9, len(table)))
    position = table.column_names.index("choice_draw")
    broken = table.set_column(position, CANDIDATES.field("choice_draw"), draws)

    with pytest.raises(
        SchemaError, match=r"candidates.choice_draw: expected one draw per customer"
    ):
        Candidates.read(broken)


def test_no_candidates_are_no_customers() -> None:
    found = Candidates.read(made_up_candidates(1).slice(0, 0))

    assert (len(found.customers), found.rows.shape) == (0, (0, 0))


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
