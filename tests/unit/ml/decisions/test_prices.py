from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from ml.decisions.prices import NO_ACTION, AllocationProblem, dual_prices
from tests.campaign import times
from tests.unit.ml.decisions.problems import constraints, made_up_problem


def test_three_customers_by_hand() -> None:
    """One contact for values 5, 3 and 2: its price lies between the second and the first."""
    problem = AllocationProblem(
        np.array([[5.0, 3.0, 2.0]]), np.zeros((1, 3)), np.ones(3), np.inf, np.array([1.0])
    )

    found = dual_prices(problem)

    assert found.bound == pytest.approx(5)
    assert 3 - 1e-4 <= found.prices[1] <= 5 + 1e-4
    assert found.prices[0] == 0


def test_a_limit_that_cannot_bind_has_no_price() -> None:
    problem = made_up_problem(50, seed=1, limits_share=1e6)

    found = dual_prices(problem)

    assert not found.prices.any()
    assert found.bound == pytest.approx(
        (problem.weights * np.maximum(problem.values.max(axis=0), 0)).sum()
    )


@settings(max_examples=times(15), deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 5, 60]), st.booleans())
def test_the_bound_is_the_optimum_of_the_linear_relaxation(
    seed: int, customers: int, has_ties: bool
) -> None:
    problem = made_up_problem(customers, seed, has_ties=has_ties)
    profit, matrix, limits = constraints(problem)

    found = dual_prices(problem)

    exact = 0.0
    if len(profit):
        exact = -linprog(-profit, A_ub=matrix, b_ub=limits, bounds=(0, 1), method="highs").fun
    assert found.bound == pytest.approx(exact, rel=1e-5, abs=1e-6)
    assert found.lowest <= found.bound * (1 + 1e-6)


def test_the_sample_finds_prices_from_which_few_evaluations_are_left() -> None:
    problem = made_up_problem(45_000, seed=2)

    found = dual_prices(problem)

    assert found.bound - found.lowest <= 1e-5 * found.bound
    assert found.evaluations < 150


def test_the_best_action_is_that_of_the_highest_adjusted_value() -> None:
    problem = AllocationProblem(
        values=np.array([[5.0, 1.0], [4.0, -np.inf]]),
        costs=np.array([[2.0, 2.0], [0.0, 0.0]]),
        weights=np.ones(2),
        budget=np.inf,
        capacities=np.array([np.inf, np.inf]),
    )

    action, adjusted = problem.best_actions(np.array([1.0, 0.0, 0.5]))
    forced, _ = problem.best_actions(np.array([1.0, 0.0, 0.5]), above=-np.inf)

    assert (action.tolist(), adjusted.tolist()) == ([1, NO_ACTION], [3.5, 0.0])
    assert forced.tolist() == [1, 0]
