from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml.decisions.candidates import Candidates, Limits
from ml.decisions.exploration import (
    DOES_NOT_EXPLORE,
    EXPLORES_NOTHING,
    ExplorationPlan,
    Explorers,
)
from ml.decisions.settings import DayLimits, Randomisation
from tests.unit.ml.decisions.made_up_day import ACTIONS, made_up_candidates, made_up_limits

SHARES = Randomisation(0.0, 0.2, 0.1)


def plan_of(candidates: Candidates, limits: DayLimits) -> ExplorationPlan:
    found = Limits.of(limits, candidates.actions)
    costs = found.in_units(candidates.spread("expected_cost", 0))
    nobody = np.zeros(len(candidates.customers), bool)
    return ExplorationPlan.of(candidates.is_allowed, costs, nobody, found, SHARES)


def test_all_draws_are_accepted_without_limits() -> None:
    candidates = Candidates.read(made_up_candidates(100))

    plan = plan_of(candidates, DayLimits(None, dict.fromkeys(ACTIONS)))

    assert np.array_equal(plan.acceptance, candidates.is_allowed)
    assert plan.exploits == pytest.approx(np.full(100, 0.8))


def test_the_expected_use_of_a_limit_is_the_exploration_share_of_it() -> None:
    candidates = Candidates.read(made_up_candidates(2_000))
    limits = made_up_limits(2_000)

    plan = plan_of(candidates, limits)

    capacities = Limits.of(limits, candidates.actions).capacities
    bounded = np.isfinite(capacities)
    assert (plan.expected_contacts[bounded] <= 0.2 * capacities[bounded] * (1 + 1e-12)).all()
    assert plan.expected_spend * 1e-6 == pytest.approx(0.2 * 400)


def test_a_cheap_action_is_accepted_more_often_than_an_expensive_one() -> None:
    """Each of three actions may spend a third of the money; what mails leave goes to the others."""
    table = made_up_candidates(3_000, actions=3, allowed_share=1)
    prices = {"call": 8.0, "gift": 10.0, "letter": 0.1}
    costs = pa.array([prices[name] for name in table["action_id"].to_pylist()])
    candidates = Candidates.read(table.set_column(4, "expected_cost", costs))

    plan = plan_of(candidates, DayLimits(900.0, dict.fromkeys(ACTIONS)))

    # All of the 135 letters cost 13.50 EUR and leave 83.25 EUR for calls and as much for gifts.
    accepted = plan.acceptance[:, 0]
    assert accepted == pytest.approx([83.25 / (135 * 8), 83.25 / (135 * 10), 1])
    assert plan.expected_spend * 1e-6 == pytest.approx(0.2 * 900)


def test_cells_of_the_choice_draw_are_nothing_and_the_allowed_actions() -> None:
    table = made_up_candidates(4_000, actions=3, allowed_share=1)
    candidates = Candidates.read(table)
    nobody = np.zeros(4_000, bool)

    drawn = plan_of(candidates, DayLimits(None, dict.fromkeys(ACTIONS))).drawn(candidates, nobody)

    explores = candidates.exploration_draw < 0.2
    assert ((drawn == DOES_NOT_EXPLORE) == ~explores).all()
    cells = np.floor(candidates.choice_draw * 4).astype(int)
    assert np.array_equal(drawn[explores], cells[explores] - 1)
    assert (drawn[explores] == EXPLORES_NOTHING).any()


def test_nobody_in_the_global_holdout_explores() -> None:
    candidates = Candidates.read(made_up_candidates(50))
    plan = plan_of(candidates, DayLimits(None, dict.fromkeys(ACTIONS)))

    assert (plan.drawn(candidates, np.ones(50, bool)) == DOES_NOT_EXPLORE).all()


def explorers(
    draws: list[float], costs: list[float], limits: DayLimits, others: int = 1
) -> Explorers:
    """Explorers of one action, in order, and other customers who do not explore."""
    size = len(draws)
    return Explorers(
        drawn=np.array([0] * size + [DOES_NOT_EXPLORE] * others),
        draws=np.array(draws + [0.99] * others),
        customer=np.arange(size),
        action=np.zeros(size, int),
        cost=np.array(costs),
        limits=Limits.of(limits, pa.array(["call"])),
    )


def test_contacts_are_open_until_another_explorer_takes_the_last_one() -> None:
    found = explorers([0.1, 0.3, 0.6], [0, 0, 0], DayLimits(None, {"call": 2}))

    # Two contacts: the second of all others has the draw .3, without one of the first two .6.
    assert found.admission(np.zeros((1, 4))).tolist() == [[0.6, 0.6, 0.3, 0.3]]
    assert found.has_full_capacity.tolist() == [True, True, True, False]


def test_money_is_open_until_too_little_is_left_for_the_own_cost() -> None:
    costs = np.array([[5.0, 2.0, 4.0, 3.0]])
    found = explorers([0.1, 0.3, 0.6], [5, 2, 4], DayLimits(9e-6, {"call": None}))

    # Budget 9. The first needs 5: the others spend 2 and 6. The second needs 2: 5, then 9. The
    # third needs 4: 5, then 7. The customer who does not explore needs 3: 5, then 7.
    assert found.admission(costs).tolist() == [[0.6, 0.6, 0.3, 0.3]]


def test_no_room_at_all_is_no_admission() -> None:
    found = explorers([0.1], [5], DayLimits(4e-6, {"call": 0}))

    assert found.admission(np.array([[5.0, 0.0]])).tolist() == [[0, 0]]
