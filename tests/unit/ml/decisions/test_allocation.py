from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from ml.decisions.allocation import allocate
from ml.decisions.prices import NO_ACTION, AllocationProblem
from tests.campaign import times
from tests.unit.ml.decisions.problems import constraints, made_up_problem


def ties(customers: int) -> np.ndarray:
    return np.random.default_rng(0).random(customers)


def optimum(problem: AllocationProblem) -> float:
    """Exact optimum by HiGHS's branch and bound."""
    profit, matrix, limits = constraints(problem)
    if not len(profit):
        return 0.0
    found = milp(
        -profit,
        constraints=LinearConstraint(matrix, -np.inf, limits),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(profit)),
        options={"mip_rel_gap": 1e-9},
    )
    assert found.success
    return float(-found.fun)


@settings(max_examples=times(15), deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 5, 40]), st.booleans())
def test_the_exact_optimum_lies_between_value_and_bound(
    seed: int, customers: int, has_ties: bool
) -> None:
    problem = made_up_problem(customers, seed, has_ties=has_ties)

    found = allocate(problem, ties(customers))

    best = optimum(problem)
    assert found.value <= best * (1 + 1e-7) + 1e-7
    assert best <= found.prices.bound * (1 + 1e-7) + 1e-7
    # The gap of small days is large because the bound may divide a customer.
    assert found.value >= 0.9 * best - problem.values.max(initial=0)


@pytest.mark.parametrize("has_ties", [False, True], ids=["distinct", "ties"])
@pytest.mark.parametrize(("customers", "gap"), [(300, 0.05), (5_000, 0.003), (50_000, 0.0003)])
def test_the_gap_shrinks_with_the_number_of_customers(
    customers: int, gap: float, has_ties: bool
) -> None:
    problem = made_up_problem(customers, 4, has_ties=has_ties)

    found = allocate(problem, ties(customers))

    assert 0 <= found.relative_gap < gap
    allocated = np.where(found.is_allocated, found.action, NO_ACTION)
    assert (problem.use(allocated) <= problem.limits * (1 + 1e-12)).all()


def test_customers_without_room_stand_behind_all_others_in_both_lines() -> None:
    """One contact for values 5, 3 and 2."""
    problem = AllocationProblem(
        np.array([[2.0, 5.0, 3.0, -np.inf]]),
        np.zeros((1, 4)),
        np.ones(4),
        np.inf,
        np.array([1.0]),
    )

    found = allocate(problem, ties(4))

    assert found.is_allocated.tolist() == [False, True, False, False]
    assert found.action.tolist() == [0, 0, 0, NO_ACTION]
    assert found.lines.for_contacts.tolist() == [1, 2, 0]
    assert found.value == 5


def test_money_goes_first_to_those_for_whom_it_brings_most() -> None:
    """A letter of 1 that brings 2 stands before a call of 10 that brings 12."""
    problem = AllocationProblem(
        np.array([[12.0, -np.inf], [-np.inf, 2.0]]),
        np.array([[10.0, 10.0], [1.0, 1.0]]),
        np.ones(2),
        10.5,
        np.array([np.inf, np.inf]),
    )

    found = allocate(problem, ties(2))

    assert found.lines.for_money.tolist()[0] in np.flatnonzero(found.is_allocated)
    assert found.prices.bound >= 12


def test_equal_customers_are_served_in_the_order_of_the_tie_break() -> None:
    order = np.array([0.5, 0.1, 0.9, 0.3])
    problem = AllocationProblem(
        np.full((1, 4), 2.0), np.ones((1, 4)), np.ones(4), 2.0, np.array([np.inf])
    )

    found = allocate(problem, order)

    assert found.is_allocated.tolist() == [False, True, False, True]
    assert found.lines.for_money.tolist() == [1, 3, 0, 2]
