"""All policies keep the same limits, and each chooses by what it knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from simulation.policies import (
    Purse,
    choose,
    costs_of,
    informed_options,
    oracle_options,
    outcomes_on,
    permitted_options,
    random_options,
    riskiest_options,
)
from simulation.run import CATALOGUE, read_catalogue
from simulation.value import customers_on
from tests.unit.simulation.conftest import COMPANY

DAY = COMPANY.start


@pytest.fixture(scope="module")
def catalogue() -> pa.Table:
    return read_catalogue(CATALOGUE)


@pytest.fixture(scope="module")
def costs(untouched: Path, catalogue: pa.Table) -> pa.Table:
    return costs_of(customers_on(untouched, DAY, 90), catalogue)


def options(*rows: tuple[int, str, float, float]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table(
        dict(zip(("person_id", "action_id", "worth", "expected_cost"), columns, strict=True))
    )


def test_a_day_has_its_share_of_the_month_and_what_earlier_days_left() -> None:
    purse = Purse(3000)
    assert purse.on(date(2026, 6, 2), {}) == 100
    assert purse.on(date(2026, 6, 16), {date(2026, 6, 2): 30}) == 170
    assert purse.on(date(2026, 7, 1), {date(2026, 6, 2): 30}) == pytest.approx(3000 / 31)
    assert purse.on(date(2026, 6, 16), {date(2026, 6, 2): 250}) == 0


def test_the_choice_keeps_budget_capacity_and_one_action_a_person(catalogue: pa.Table) -> None:
    offered = options(
        *((person, "service_call", 100.0 + person, 4.5) for person in range(1, 31)),
        *((person, "newsletter", 1.0, 0.05) for person in range(1, 31)),
        (31, "newsletter", -1.0, 0.05),
    )
    people = pa.array(range(1, 32))
    chosen = choose(offered, people, 1000.0, catalogue)
    assert len(set(chosen["person_id"].to_pylist())) == len(chosen) == 30
    called = chosen.filter(pc.equal(chosen["action_id"], "service_call"))
    assert sorted(called["person_id"].to_pylist()) == list(range(21, 31))
    poor = choose(offered, people, 9.2, catalogue)
    assert pc.sum(poor["expected_cost"]).as_py() <= 9.2


def test_nobody_who_was_touched_is_chosen(catalogue: pa.Table) -> None:
    offered = options((1, "newsletter", 5.0, 0.05), (2, "newsletter", 1.0, 0.05))
    assert choose(offered, pa.array([2]), 10.0, catalogue)["person_id"].to_pylist() == [2]
    assert len(choose(offered, pa.array([], pa.int64()), 10.0, catalogue)) == 0


def test_the_permitted_options_are_those_of_both_tables() -> None:
    informed = options((2, "newsletter", 1.0, 0.5), (1, "letter", 2.0, 0.5), (1, "call", 3.0, 0.5))
    permitted = pa.table({"person_id": [1, 2, 1], "action_id": ["letter", "letter", "call"]})

    found = permitted_options(informed, permitted)

    assert found["action_id"].to_pylist() == ["call", "letter"]
    assert found["worth"].to_pylist() == [3.0, 2.0]


def test_the_riskiest_with_a_phone_are_called_first(catalogue: pa.Table) -> None:
    customers = pa.table(
        {
            "person_id": [1, 2, 3],
            "churn_probability": [0.9, 0.5, 0.7],
            "has_phone": [False, True, True],
        }
    )
    chosen = choose(riskiest_options(customers, catalogue), customers["person_id"], 4.5, catalogue)
    assert chosen.to_pylist() == [
        {"person_id": 3, "action_id": "service_call", "expected_cost": 4.5}
    ]


def test_random_offers_each_person_one_action_and_draws_anew_each_day(costs: pa.Table) -> None:
    drawn = random_options(costs, 7, DAY)
    assert sorted(drawn["person_id"].to_pylist()) == sorted(set(costs["person_id"].to_pylist()))
    assert len(set(drawn["action_id"].to_pylist())) == 7
    assert drawn.equals(random_options(costs, 7, DAY))
    assert not drawn.equals(random_options(costs, 7, COMPANY.decision_days[1]))


@pytest.mark.parametrize(("policy", "most"), [(oracle_options, 10), (informed_options, 5)])
def test_whoever_knows_the_truth_sees_no_worth_in_what_changes_nothing(
    policy: Callable[[pa.Table, pa.Table, pa.Table], pa.Table],
    most: float,
    costs: pa.Table,
    untouched: Path,
) -> None:
    found = policy(costs, outcomes_on(costs, COMPANY, DAY), customers_on(untouched, DAY, 90))
    assert len(found) == len(costs)
    worth = {
        action: found.filter(pc.equal(found["action_id"], action))["worth"].to_pylist()
        for action in ("newsletter", "courtesy_call", "product_advice")
    }
    assert max(worth["newsletter"]) < 0
    assert max(worth["courtesy_call"]) < 0
    assert min(worth["courtesy_call"]) < -most
    assert max(worth["product_advice"]) > most


def test_kept_people_are_as_many_as_their_probabilities_say(costs: pa.Table) -> None:
    outcomes = outcomes_on(costs, COMPANY, DAY)
    advised = outcomes.filter(pc.equal(outcomes["action_id"], "product_advice"))
    chance = advised["keep_probability"].to_numpy()
    kept = advised["would_order_treated"].to_numpy() & ~advised["would_order_untreated"].to_numpy()
    assert not kept[chance == 0].any()
    assert set(np.round(chance, 6)) == {0, 0.06, 0.5625}
    assert abs(kept.sum() - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())
