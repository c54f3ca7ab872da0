from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ml.decisions.decide import decide
from ml.decisions.settings import DayLimits, Randomisation
from ml.errors import ModelError
from ml.uplift.offline_value import (
    LEAST_PROBABILITY_OF_HELP,
    LOGGED_OPTIONS,
    Rule,
    simple_rule,
    value_rule,
)
from tests.unit.ml.decisions.made_up_day import with_draws

ROOT = Path(__file__).parents[4]
DAYS = (date(2026, 3, 2), date(2026, 3, 9))
SHARES = Randomisation(0.0, 0.3, 0.1)
ACTIONS = ("call", "mail")
TRUE_UPLIFT = {"call": 0.4, "mail": 0.0}
LIMITS = dict.fromkeys(DAYS, DayLimits(None, {"call": None, "mail": None}))


def logged(customers: int, seed: int) -> pa.Table:
    """Decisions of two days by a rule that prefers the mail, although only the call helps."""
    random = np.random.default_rng(seed + 1_000)
    parts = []
    for number, day in enumerate(DAYS):
        names = [f"{day}-c{each:05d}" for each in range(customers)]
        value = random.uniform(20, 40, customers)
        columns = {
            "customer_id": np.repeat(names, 2),
            "action_id": list(ACTIONS) * customers,
            "expected_uplift": np.tile([0.01, 0.1], customers),
            "expected_net_value": np.tile([0.01, 0.1], customers) * np.repeat(value, 2) - 0.5,
            "expected_cost": np.full(2 * customers, 0.5),
            **{
                name: np.zeros(2 * customers)
                for name in ("holdout_draw", "exploration_draw", "choice_draw", "control_draw")
            },
            "is_proven": np.ones(2 * customers, dtype=bool),
        }
        day_limits = LIMITS[day]
        decided = decide(with_draws(pa.table(columns), seed + number), SHARES, day_limits)
        parts.append(_with_outcomes(decided.decisions, decided.probabilities, value, day, random))
    return pa.concat_tables(parts)


def _with_outcomes(
    decisions: pa.Table,
    probabilities: pa.Table,
    value: np.ndarray,
    day: date,
    random: np.random.Generator,
) -> pa.Table:
    received = [
        action if arm == "treatment" else None
        for action, arm in zip(
            decisions["action_id"].to_pylist(), decisions["arm"].to_pylist(), strict=True
        )
    ]
    chance = 0.4 + np.array([TRUE_UPLIFT.get(action or "", 0.0) for action in received])
    retained = random.random(len(received)) < chance
    place = {name: number for number, name in enumerate(decisions["customer_id"].to_pylist())}
    rows = []
    for row in probabilities.to_pylist():
        number, action = place[row["customer_id"]], row["action_id"]
        rows.append(
            {
                "customer_id": row["customer_id"],
                "snapshot_date": day,
                "action_id": action,
                "logged_probability": row["probability"],
                "is_received": received[number] == action,
                "is_retained": bool(retained[number]),
                "churn_probability": 0.6,
                "value_if_retained": value[number],
                "expected_cost": 0.0 if action is None else 0.5,
                "save_share": {"call": 0.02, "mail": 0.16}.get(action or ""),
                "catalogue_save_share": None if action is None else 0.1,
                "probability_of_help": None if action is None else 0.8,
            }
        )
    return pa.Table.from_pylist(rows, schema=LOGGED_OPTIONS)


def nothing(log: pa.Table) -> Rule:
    """A rule that gives no action for its value."""
    return Rule(np.full(len(log), -0.1), np.ones(len(log), dtype=bool))


@pytest.fixture(scope="module")
def log() -> pa.Table:
    return logged(1_500, 1)


def test_a_rule_that_knows_the_effect_is_worth_more_and_its_value_is_right(log: pa.Table) -> None:
    is_call = np.array([action == "call" for action in log["action_id"].to_pylist()])
    found = value_rule(log, Rule(0.4 * is_call, is_call), SHARES, LIMITS)

    assert found.takes_over
    assert found.decisions == 3_000
    assert found.new is not None
    assert found.by_weights is not None
    # The call is exploited with .7 and drawn with .1, the mail drawn with .1; a tenth is withheld.
    share = 0.9 * (0.7 + 0.3 / 3)
    truth = 30 * (0.4 + 0.4 * share) - 0.5 * (share + 0.9 * 0.1)
    for interval in (found.new, found.by_weights):
        assert interval.low < truth < interval.high
    assert found.sentence.startswith("on 3,000 logged decisions it is worth")
    assert found.metrics["offline_difference_low"] > 0


def test_the_rule_in_use_is_worth_as_much_as_itself(log: pa.Table) -> None:
    found = value_rule(log, simple_rule(log), SHARES, LIMITS)

    assert found.difference is not None
    assert found.difference.estimate == pytest.approx(0, abs=1e-9)
    assert found.takes_over == (found.difference.low >= 0)


def test_a_rule_that_does_nothing_is_valued_too_and_explores(log: pa.Table) -> None:
    found = value_rule(log, nothing(log), SHARES, LIMITS)

    assert found.difference is not None
    assert found.new is not None
    share = 0.9 * 0.3 / 3
    truth = 30 * (0.4 + 0.4 * share) - 0.5 * 2 * share
    assert found.new.low < truth < found.new.high


def test_an_action_that_is_not_proven_is_explored_only(log: pa.Table) -> None:
    is_call = np.array([action == "call" for action in log["action_id"].to_pylist()])
    found = value_rule(log, Rule(0.4 * is_call, np.zeros(len(log), dtype=bool)), SHARES, LIMITS)
    explored = value_rule(log, nothing(log), SHARES, LIMITS)

    assert found.new is not None
    assert explored.new is not None
    assert found.new.estimate == pytest.approx(explored.new.estimate, abs=1e-9)


def test_learned_uplifts_replace_those_of_their_rows() -> None:
    rule = Rule(np.array([0.1, 0.2, 0.3]), np.array([False, True, True]))
    found = rule.with_learned(np.array([0, 2]), np.array([0.4, -0.1]))

    assert found.uplift.tolist() == [0.4, 0.2, -0.1]
    assert found.is_proven.tolist() == [True, True, False]


def test_the_bound_on_proven_actions_is_that_of_the_candidates() -> None:
    macros = (ROOT / "dbt_project/macros/customers/actions.sql").read_text(encoding="utf-8")
    found = re.search(r"least_probability_of_help\(\) -%\}\s*([\d.]+)", macros)
    assert found is not None
    assert float(found[1]) == LEAST_PROBABILITY_OF_HELP


def test_few_decisions_are_an_answer(log: pa.Table) -> None:
    first = log.filter(pa.array(np.arange(len(log)) < 90))
    found = value_rule(first, simple_rule(first), SHARES, LIMITS)

    assert not found.takes_over
    assert "not enough logged decisions" in found.sentence
    assert found.metrics == {}


def test_a_day_without_limits_is_an_error(log: pa.Table) -> None:
    with pytest.raises(ModelError, match="limits of 2026-03-02"):
        value_rule(log, nothing(log), SHARES, {})
