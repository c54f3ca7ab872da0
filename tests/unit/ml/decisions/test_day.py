from __future__ import annotations

import numpy as np
import pytest

from ml.decisions.day import Day
from ml.decisions.schemas import CANDIDATES
from ml.decisions.settings import DayLimits, Randomisation
from tests.unit.ml.decisions.made_up_day import (
    ACTIONS,
    made_up_candidates,
    made_up_limits,
    with_draws,
)


def test_only_the_holdout_draw_changes_prices_and_probabilities() -> None:
    table = made_up_candidates(200)
    drawn_again = with_draws(table, 99).set_column(
        5, CANDIDATES.field("holdout_draw"), table["holdout_draw"]
    )

    one, other = (Day.of(t, Randomisation(), made_up_limits(200)) for t in (table, drawn_again))

    assert np.array_equal(one.plan.acceptance, other.plan.acceptance)
    assert np.array_equal(one.problem().values, other.problem().values)
    assert np.array_equal(one.problem().weights, other.problem().weights)


def test_the_allocation_leaves_room_for_the_exploration() -> None:
    day = Day.of(made_up_candidates(500), Randomisation(), made_up_limits(500))

    problem = day.problem()

    bounded = np.isfinite(day.limits.capacities)
    left = problem.capacities[bounded] / day.limits.capacities[bounded]
    assert (left >= 0.9 - 1e-12).all()
    assert (left < 1).all()
    assert problem.budget == pytest.approx(0.9 * day.limits.budget)
    assert problem.weights == pytest.approx(day.plan.exploits * 0.9)


def test_customers_in_the_holdout_and_actions_that_bring_nothing_are_not_allocated() -> None:
    table = made_up_candidates(300)
    day = Day.of(table, Randomisation(0.5), DayLimits(3.0, dict.fromkeys(ACTIONS)))

    is_open = np.isfinite(day.problem().values)

    held_out = day.candidates.holdout_draw < 0.5
    values = day.candidates.spread("expected_net_value", 0)
    costs = day.candidates.spread("expected_cost", 0)
    assert np.array_equal(is_open, (values > 0) & (costs <= 3) & ~held_out)
