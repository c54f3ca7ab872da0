from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.decisions.allocation import Allocation, allocate
from ml.decisions.decide import DayDecisions, decide
from ml.decisions.schemas import (
    ACTION_PROBABILITIES,
    ARMS,
    CANDIDATES,
    CUSTOMER_DRAWS,
    DECISIONS,
    DRAWS,
    LIMIT_USAGE,
    REASONS,
)
from ml.decisions.settings import DayLimits, Randomisation
from tests.campaign import times
from tests.unit.ml.decisions.made_up_day import (
    ACTIONS,
    made_up_candidates,
    made_up_limits,
    with_draws,
)

AMOUNTS = st.sampled_from([0.0, 1e-9, 0.01, 0.05, 1.0, 1.0, 7.77, 1e6, 9.9e14])
VALUES = st.one_of(AMOUNTS, AMOUNTS.map(lambda amount: -amount), st.floats(-100, 100))
# Keyed hashes give multiples of 2^-53.
DRAW = st.one_of(
    st.sampled_from([0.0, 0.05, 0.5, 1 - 2**-53]),
    st.integers(0, 2**53 - 1).map(lambda number: number / 2**53),
)
SHARE = st.sampled_from([0.0, 0.1, 0.5, 0.9])


@st.composite
def days(draw: st.DrawFn) -> tuple[pa.Table, Randomisation, DayLimits]:
    """Any small day: ties, zeros, huge and tiny amounts, equal draws, no candidates at all."""
    customers = draw(st.integers(0, 12))
    actions = draw(st.integers(1, 4))
    one_draw = draw(st.booleans())
    columns: dict[str, list[Any]] = {name: [] for name in CANDIDATES.names}
    same = draw(DRAW)
    for customer in range(customers):
        draws = {name: same if one_draw else draw(DRAW) for name in CUSTOMER_DRAWS}
        for action in sorted(draw(st.sets(st.integers(0, actions - 1), min_size=1))):
            row = {
                "customer_id": f"c{customer}",
                "action_id": ACTIONS[action],
                "expected_uplift": 0.1,
                "expected_net_value": draw(VALUES),
                "expected_cost": draw(AMOUNTS),
                "control_draw": same if one_draw else draw(DRAW),
                "is_proven": draw(st.booleans()),
                **draws,
            }
            for name, value in row.items():
                columns[name].append(value)
    budget = draw(st.none() | AMOUNTS)
    contacts = st.none() | st.sampled_from([0, 1, 2, 5, 10**9])
    limits = DayLimits(budget, {name: draw(contacts) for name in ACTIONS[:actions]})
    shares = Randomisation(draw(SHARE), draw(SHARE), draw(SHARE))
    return pa.table(columns, schema=CANDIDATES), shares, limits


def treated(found: DayDecisions) -> pa.Table:
    return found.decisions.filter(pc.equal(found.decisions["arm"], "treatment"))


@settings(max_examples=times(80), deadline=None)
@given(days())
def test_limits_are_never_exceeded_and_every_customer_has_a_probability(
    day: tuple[pa.Table, Randomisation, DayLimits],
) -> None:
    candidates, shares, limits = day

    found = decide(candidates, shares, limits)

    rows = treated(found)
    for action, contacts in limits.capacities.items():
        used = pc.sum(pc.equal(rows["action_id"], action)).as_py() or 0
        assert contacts is None or used <= contacts
    spent = pc.sum(rows["expected_cost"]).as_py() or 0.0
    # A cost may be read a thousandth of a unit too low, and the sum itself is rounded.
    assert limits.budget is None or spent <= limits.budget * (1 + 1e-12) + 1e-9 * len(rows)
    assert len(found.decisions) == len(pc.unique(candidates["customer_id"]))
    probabilities = found.decisions["chosen_with_probability"].to_numpy()
    assert ((probabilities > 0) & (probabilities <= 1)).all()
    assert_consistent(found)


def assert_consistent(found: DayDecisions) -> None:
    """Arms, reasons and actions agree, and probabilities of a customer add up to 1."""
    assert found.decisions.schema == DECISIONS
    assert found.probabilities.schema == ACTION_PROBABILITIES
    assert found.limits.schema == LIMIT_USAGE
    for row in found.decisions.to_pylist():
        assert row["arm"] in ARMS
        assert (row["reason"] is None) == (row["arm"] == "treatment")
        assert row["reason"] is None or row["reason"] in REASONS
        assert (row["action_id"] is None) == (row["arm"] in ("global_holdout", "none"))
        assert (row["expected_cost"] is None) == (row["action_id"] is None)
        assert (row["mode"] is None) == (row["arm"] == "global_holdout")
    sums = found.probabilities.group_by("customer_id").aggregate([("probability", "sum")])
    assert len(sums) == len(found.decisions)
    assert sums["probability_sum"].to_numpy() == pytest.approx(1, abs=1e-12)
    assert found.value <= found.bound * (1 + 1e-9)


@settings(max_examples=times(20), deadline=None)
@given(days(), st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(
    day: tuple[pa.Table, Randomisation, DayLimits], seed: int
) -> None:
    candidates, shares, limits = day
    order = np.random.default_rng(seed).permutation(len(candidates))

    assert decide(candidates.take(pa.array(order)), shares, limits) == decide(*day)


def test_the_same_day_is_decided_alike_twice() -> None:
    day = made_up_candidates(500), Randomisation(), made_up_limits(500)

    assert decide(*day) == decide(*day)


@pytest.mark.parametrize(
    ("limits", "shares"),
    [
        (made_up_limits(30), Randomisation(0.05, 0.3, 0.2)),
        (DayLimits(12.0, dict.fromkeys(ACTIONS)), Randomisation(0.0, 0.5, 0.3)),
        (DayLimits(None, dict.fromkeys(ACTIONS, 1)), Randomisation(0.0, 0.6, 0.1)),
        (DayLimits(None, dict.fromkeys(ACTIONS)), Randomisation()),
    ],
    ids=["both", "budget", "one contact", "no limit"],
)
def test_logged_probabilities_are_the_frequencies_over_draws(
    limits: DayLimits, shares: Randomisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mean of the logged probabilities of each customer's actions is their frequency.

    A customer's probability depends on the draws of others. Its difference from the indicator of
    what happened has mean zero and variance p·(1 − p), for each customer and action.
    """
    candidates, rounds = made_up_candidates(30, seed=3), times(400)
    # The allocation does not depend on the draws of the day, so one is enough.
    allocations: dict[str, Allocation] = {}
    monkeypatch.setattr(
        "ml.decisions.decide.allocate",
        lambda problem, ties: (
            allocations.get("day") or allocations.setdefault("day", allocate(problem, ties))
        ),
    )
    # The global hold-out is no part of a day's randomisation.
    held_out = candidates["holdout_draw"]
    sums: dict[tuple[str, str | None], tuple[float, float]] = {}
    for seed in range(rounds):
        day = with_draws(candidates, 100 + seed).set_column(
            5, CANDIDATES.field("holdout_draw"), held_out
        )
        found = decide(day, shares, limits)
        received = {
            row["customer_id"]: row["action_id"] if row["arm"] == "treatment" else None
            for row in found.decisions.to_pylist()
        }
        for row in found.probabilities.to_pylist():
            key = row["customer_id"], row["action_id"]
            happened = received[row["customer_id"]] == row["action_id"]
            probability = row["probability"]
            difference, variance = sums.get(key, (0.0, 0.0))
            sums[key] = (
                difference + happened - probability,
                variance + probability * (1 - probability),
            )

    scores = np.array([difference / np.sqrt(variance) for difference, variance in sums.values()])
    assert len(scores) > 100
    # Counts of rare events are skewed; with 5 expected events, 5 deviations are one in 10,000.
    assert np.abs(scores).max() < 5.5
    assert np.square(scores).mean() == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("arm", ["treatment", "control", "none"])
def test_weights_of_logged_decisions_add_up_to_the_customers_of_an_arm(arm: str) -> None:
    """The inverse of a logged probability has mean 1 where the arm is possible."""
    candidates, shares = made_up_candidates(200, seed=5), Randomisation(0.0, 0.3, 0.3)
    limits = DayLimits(None, dict.fromkeys(ACTIONS))
    weights = []
    for seed in range(times(60)):
        found = decide(with_draws(candidates, seed), shares, limits).decisions
        rows = found.filter(pc.equal(found["arm"], arm))
        weights.append(float((1 / rows["chosen_with_probability"].to_numpy()).sum()))

    # Each of a customer's actions is one possible value of treatment and of control.
    possible = 200 if arm == "none" else len(candidates)
    error = np.std(weights, ddof=1) / np.sqrt(len(weights))
    assert np.mean(weights) == pytest.approx(possible, abs=4 * error)


def test_the_share_of_controls_does_not_depend_on_the_limits() -> None:
    """A cut at a limit takes controls and treated customers alike."""
    shares = Randomisation(0.0, 0.1, 0.3)
    found = {"control": 0, "treatment": 0}
    for seed in range(times(10)):
        day = decide(made_up_candidates(1_000, seed=seed), shares, made_up_limits(1_000)).decisions
        for arm in found:
            found[arm] += pc.sum(pc.equal(day["arm"], arm)).as_py()

    assigned = sum(found.values())
    assert assigned > 3_000
    assert found["control"] / assigned == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / assigned))


def used(found: DayDecisions) -> dict[str | None, float]:
    return {
        row["action_id"]: row["used_by_exploitation"] + row["used_by_exploration"]
        for row in found.limits.to_pylist()
    }


def test_contacts_that_controls_leave_are_taken_by_standby_customers() -> None:
    limits = DayLimits(None, {"call": 20, "gift": None, "letter": 30, "mail": 50})

    found = decide(made_up_candidates(2_000, actions=4), Randomisation(), limits)

    assert {name: used(found)[name] for name in ("call", "letter", "mail")} == {
        "call": 20,
        "letter": 30,
        "mail": 50,
    }
    available = dict(
        zip(
            found.limits["action_id"].to_pylist(),
            found.limits["available"].to_pylist(),
            strict=True,
        )
    )
    assert available == {None: None, "call": 20, "gift": None, "letter": 30, "mail": 50}


def test_a_budget_is_spent_except_for_less_than_a_contact() -> None:
    limits = DayLimits(400.0, dict.fromkeys(ACTIONS))

    found = decide(made_up_candidates(2_000), Randomisation(), limits)

    # The most expensive contact costs 12.
    assert 388 < used(found)[None] <= 400
    assert found.limits["price"][0].as_py() > 0


def test_explorers_use_their_share_of_a_limit() -> None:
    found = decide(made_up_candidates(5_000), Randomisation(), made_up_limits(5_000))

    usage = {row["action_id"]: row for row in found.limits.to_pylist()}
    for name, reserved in (("letter", 25.0), ("voucher", 50.0)):
        explored = usage[name]["used_by_exploration"]
        assert explored == pytest.approx(reserved, abs=4 * np.sqrt(reserved))


def one_customer(**changes: Any) -> pa.Table:
    row = {
        "customer_id": "c1",
        "action_id": "call",
        "expected_uplift": 0.1,
        "expected_net_value": 10.0,
        "expected_cost": 2.0,
        **dict.fromkeys(DRAWS, 0.9),
        "is_proven": True,
    }
    return pa.Table.from_pylist([{**row, **changes}], schema=CANDIDATES)


OPEN = DayLimits(None, {"call": None})
# Given that the customer is not held out: exploitation (1 − .1 + 0) and exploration .1 ÷ 2.
CHOSEN = 0.9 + 0.1 / 2


@pytest.mark.parametrize(
    ("changes", "limits", "expected"),
    [
        ({}, OPEN, ("treatment", "exploit", None, CHOSEN * 0.9)),
        ({"control_draw": 0.05}, OPEN, ("control", "exploit", "control", CHOSEN * 0.1)),
        ({"holdout_draw": 0.01}, OPEN, ("global_holdout", None, "global_holdout", 1)),
        (
            {"expected_net_value": 0.0},
            OPEN,
            ("none", "exploit", "costs_more_than_it_brings", 0.95),
        ),
        # An action that is not proven is explored and not exploited.
        ({"is_proven": False}, OPEN, ("none", "exploit", "costs_more_than_it_brings", 0.95)),
        (
            {"is_proven": False, "exploration_draw": 0.05},
            OPEN,
            ("treatment", "explore", None, 0.1 / 2 * 0.9),
        ),
        (
            {},
            DayLimits(1.0, {"call": None}),
            ("none", "exploit", "budget_spent", 1.0),
        ),
        (
            {},
            DayLimits(None, {"call": 0}),
            ("none", "exploit", "capacity_reached", 1.0),
        ),
        (
            {"exploration_draw": 0.05, "choice_draw": 0.2},
            OPEN,
            ("none", "explore", "explored_nothing", 0.05),
        ),
        (
            {"exploration_draw": 0.05, "choice_draw": 0.6},
            OPEN,
            ("treatment", "explore", None, CHOSEN * 0.9),
        ),
        (
            {"exploration_draw": 0.05, "choice_draw": 0.6, "expected_net_value": -5.0},
            OPEN,
            ("treatment", "explore", None, 0.05 * 0.9),
        ),
    ],
    ids=[
        "treated",
        "withheld",
        "held out",
        "brings nothing",
        "is not proven",
        "explores what is not proven",
        "too expensive",
        "no contact left",
        "explores nothing",
        "explores",
        "explores an action that is expected to lose",
    ],
)
def test_one_customer_by_hand(
    changes: dict[str, float], limits: DayLimits, expected: tuple[Any, ...]
) -> None:
    row = decide(one_customer(**changes), Randomisation(), limits).decisions.to_pylist()[0]

    assert (row["arm"], row["mode"], row["reason"]) == expected[:3]
    assert row["chosen_with_probability"] == pytest.approx(expected[3])


def test_a_day_larger_than_the_sample_is_near_its_bound() -> None:
    """More customers than twice the sample that the first prices are found with."""
    found = decide(made_up_candidates(45_000), Randomisation(), made_up_limits(45_000))

    assert found.relative_gap < 1e-3
    assert_limits(found)


def assert_limits(found: DayDecisions) -> None:
    for row in found.limits.to_pylist():
        used = row["used_by_exploitation"] + row["used_by_exploration"]
        assert row["available"] is None or used <= row["available"] + 1e-9


@pytest.fixture
def broken() -> Callable[[str, Any], pa.Table]:
    def make(column: str, value: Any) -> pa.Table:
        return one_customer(**{column: value})

    return make


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("expected_net_value", float("nan")),
        ("expected_cost", float("inf")),
        ("expected_cost", -1.0),
        ("control_draw", 1.0),
        ("choice_draw", -0.1),
        ("action_id", None),
    ],
)
def test_candidates_that_cannot_be_decided_are_refused_by_column(
    broken: Callable[[str, Any], pa.Table], column: str, value: Any
) -> None:
    with pytest.raises(ValueError, match=f"candidates.{column}: expected"):
        decide(broken(column, value), Randomisation(), OPEN)
