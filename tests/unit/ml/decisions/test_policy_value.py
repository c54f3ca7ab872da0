from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ml.decisions.policy_value import OverlapError, PolicyValue, policy_value, takes_over
from ml.decisions.schemas import POLICY_ROWS
from ml.errors import ModelError
from ml.schemas import SchemaError
from tests.campaign import times

DAY = date(2026, 6, 1)
# Nothing, and two actions.
ACTIONS = (None, "call", "mail")


@dataclass(frozen=True)
class Log:
    """Logged decisions with a planted truth; arrays are (customers, actions)."""

    logged: np.ndarray
    means: np.ndarray
    received: np.ndarray
    outcomes: np.ndarray

    def rows(self, policy: np.ndarray, predicted: np.ndarray | None = None) -> pa.Table:
        customers, actions = self.logged.shape
        customer, action = np.divmod(np.arange(customers * actions), actions)
        is_received = action == self.received[customer]
        columns: dict[str, Any] = {
            "customer_id": [f"c{number}" for number in customer],
            "snapshot_date": [DAY] * len(customer),
            "action_id": pa.array(ACTIONS).take(pa.array(action)),
            "logged_probability": self.logged.ravel(),
            "policy_probability": policy.ravel(),
            "is_received": is_received,
            "outcome": pa.array(self.outcomes[customer], mask=~is_received),
            "expected_outcome": pa.nulls(len(customer), pa.float64())
            if predicted is None
            else predicted.ravel(),
        }
        return pa.table(columns, schema=POLICY_ROWS)


def planted_log(customers: int, seed: int) -> Log:
    """Customers of two kinds: the call helps one and harms the other; better ones get it more."""
    random = np.random.default_rng(seed)
    is_helped = random.random(customers) < 0.5
    logged = np.where(is_helped[:, None], [[0.2, 0.7, 0.1]], [[0.6, 0.1, 0.3]])
    means = np.where(is_helped[:, None], [[1.0, 3.0, 1.5]], [[2.0, 0.5, 2.0]])
    received = (random.random(customers)[:, None] > np.cumsum(logged, axis=1)).sum(axis=1)
    outcomes = means[np.arange(customers), received] + random.normal(0, 1, customers)
    return Log(logged, means, received, outcomes)


def call_everybody(log: Log) -> np.ndarray:
    return np.tile([0.0, 1.0, 0.0], (len(log.logged), 1))


# Half of the customers at 3.0, and half at 0.5.
VALUE_OF_CALLS = 1.75


def estimates(found: PolicyValue) -> dict[str, Any]:
    return {
        name: getattr(found, name)
        for name in ("inverse_propensity", "self_normalised", "doubly_robust")
    }


def test_four_decisions_by_hand_are_averaged_with_their_weights() -> None:
    log = Log(
        logged=np.tile([0.5, 0.25, 0.25], (400, 1)),
        means=np.zeros((400, 3)),
        received=np.tile([0, 0, 1, 2], 100),
        outcomes=np.tile([1.0, 2.0, 5.0, 9.0], 100),
    )
    policy = np.tile([0.25, 0.75, 0.0], (400, 1))

    found = policy_value(log.rows(policy, predicted=np.tile([1.0, 4.0, 0.0], (400, 1))))

    # Weights .5, .5, 3 and 0: (.5 × 1 + .5 × 2 + 3 × 5) ÷ 4, and ÷ their sum of 4.
    assert found.inverse_propensity.estimate == pytest.approx(4.125)
    assert found.self_normalised.estimate == pytest.approx(4.125)
    # Predicted .25 × 1 + .75 × 4, and residuals (.5 × 0 + .5 × 1 + 3 × 1) ÷ 4.
    assert found.doubly_robust.estimate == pytest.approx(3.25 + 3.5 / 4)
    assert found.effective_decisions == pytest.approx(100 * 16 / 9.5)
    assert found.largest_weight == 3
    assert (found.decisions, found.customers) == (400, 400)


def test_estimates_are_unbiased_and_intervals_cover_the_planted_value() -> None:
    """Over planted logs, each estimator's mean is the truth and its 95 % interval covers it.

    The predictions of the doubly robust estimator are wrong by 0.3, and it stays unbiased.
    """
    rounds = times(300)
    found: dict[str, list[tuple[float, bool]]] = {}
    for seed in range(rounds):
        log = planted_log(1_200, seed)
        value = policy_value(log.rows(call_everybody(log), log.means + 0.3))
        for name, interval in estimates(value).items():
            covers = interval.low <= VALUE_OF_CALLS <= interval.high
            found.setdefault(name, []).append((interval.estimate, covers))

    spreads = {}
    for name, results in found.items():
        estimate, covers = np.array(results).T
        spreads[name] = estimate.std()
        error = estimate.std() / np.sqrt(rounds)
        assert estimate.mean() == pytest.approx(VALUE_OF_CALLS, abs=4 * error), name
        assert covers.mean() == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / rounds)), name
    assert spreads["doubly_robust"] < spreads["self_normalised"]
    assert spreads["doubly_robust"] < spreads["inverse_propensity"]


def test_the_intervals_of_repeated_decisions_are_those_of_customers() -> None:
    """The same decisions on four days say no more than those on one."""
    log = planted_log(1_000, 1)
    once = log.rows(call_everybody(log), log.means)
    days = [
        once.set_column(1, POLICY_ROWS.field(1), pa.array([date(2026, 6, day)] * len(once)))
        for day in (1, 2, 3, 4)
    ]

    found, repeated = policy_value(once), policy_value(pa.concat_tables(days))

    assert repeated.decisions == 4 * found.decisions
    for name, interval in estimates(found).items():
        other = estimates(repeated)[name]
        assert (other.low, other.high) == pytest.approx((interval.low, interval.high)), name


def test_the_logged_policy_has_the_mean_outcome() -> None:
    log = planted_log(500, 2)

    found = policy_value(log.rows(log.logged))

    assert found.self_normalised.estimate == pytest.approx(log.outcomes.mean())
    assert found.effective_decisions == pytest.approx(500)
    assert np.isnan(found.doubly_robust.estimate)
    assert found.best == found.self_normalised


def test_a_better_policy_takes_over_and_a_worse_one_does_not() -> None:
    log = planted_log(4_000, 3)
    best = np.eye(3)[log.means.argmax(axis=1)]
    current, new, worse = (
        policy_value(log.rows(log.logged, log.means)),
        policy_value(log.rows(best, log.means)),
        policy_value(log.rows(call_everybody(log), log.means)),
    )

    assert takes_over(new, current).takes_over
    assert takes_over(new, current).difference.excludes_zero
    assert not takes_over(worse, current).takes_over
    assert takes_over(current, current).takes_over


def test_a_policy_that_may_be_worse_does_not_take_over() -> None:
    """A better estimate is not enough: with 250 decisions the interval contains a loss."""
    log = planted_log(250, 4)
    slightly = log.logged.copy()
    slightly[:, 1] += slightly[:, 2] * 0.1
    slightly[:, 2] *= 0.9

    found = takes_over(policy_value(log.rows(slightly)), policy_value(log.rows(log.logged)))

    assert found.difference.low < 0 < found.difference.high
    assert not found.takes_over


def test_no_policy_takes_over_by_chance_more_often_than_once_in_forty() -> None:
    """Of policies that are as good as the current one, 2.5 % have an interval above zero."""
    rounds, wins = times(300), 0
    for seed in range(rounds):
        log = planted_log(1_000, 1_000 + seed)
        noise = np.random.default_rng(seed).normal(size=len(log.outcomes))
        pure = Log(log.logged, log.means * 0, log.received, noise)
        current = policy_value(pure.rows(pure.logged))
        wins += takes_over(policy_value(pure.rows(call_everybody(pure))), current).takes_over

    assert wins / rounds == pytest.approx(0.025, abs=4 * np.sqrt(0.025 * 0.975 / rounds))


def test_policies_are_compared_on_the_same_decisions_only() -> None:
    one, other = (
        policy_value(log.rows(log.logged)) for log in (planted_log(300, 5), planted_log(300, 6))
    )

    with pytest.raises(ModelError, match="different decisions"):
        takes_over(one, other)


def test_a_policy_without_overlap_is_refused() -> None:
    log = planted_log(300, 7)
    never_mailed = log.logged * [[1, 1, 0]]
    never_mailed /= never_mailed.sum(axis=1, keepdims=True)
    random = np.random.default_rng(7)
    received = (random.random(300)[:, None] > np.cumsum(never_mailed, axis=1)).sum(axis=1)
    blind = Log(never_mailed, log.means, received, log.outcomes)

    with pytest.raises(OverlapError, match=r"puts 100.0% of its probability"):
        policy_value(blind.rows(np.tile([0.0, 0.0, 1.0], (300, 1))))


def test_a_policy_with_few_effective_decisions_is_refused() -> None:
    log = planted_log(150, 8)

    with pytest.raises(OverlapError, match="150 decisions are worth 29 of the policy's own"):
        policy_value(log.rows(call_everybody(log)))
    with pytest.raises(OverlapError, match="no logged decisions"):
        policy_value(log.rows(log.logged).slice(0, 0))


def test_rare_actions_that_were_never_received_count_against_a_policy() -> None:
    """The policy agrees with 95 % of what was received; the rest would have weights of 1,000."""
    size = 1_000
    log = Log(
        logged=np.tile([0.999, 0.001, 0.0], (size, 1)),
        means=np.zeros((size, 3)),
        received=np.zeros(size, int),
        outcomes=np.ones(size),
    )

    # 1,000 ÷ (.95² ÷ .999 + .05² ÷ .001)
    rare = policy_value(log.rows(np.tile([0.95, 0.05, 0.0], (size, 1))))
    assert rare.effective_decisions == pytest.approx(1_000 / (0.9025 / 0.999 + 2.5))
    with pytest.raises(OverlapError, match="worth 20 of the policy's own"):
        policy_value(log.rows(np.tile([0.78, 0.22, 0.0], (size, 1))))


@pytest.mark.parametrize(
    ("column", "row", "value", "message"),
    [
        ("logged_probability", 0, 0.3, "sum of 1 a decision, found 1"),
        ("policy_probability", 0, 0.9, "sum of 1 a decision, found 1"),
        ("is_received", 0, True, "one received action"),
        ("outcome", 1, None, "one for each received"),
        ("policy_probability", 0, -0.5, "expected 0 or more"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(
    column: str, row: int, value: Any, message: str
) -> None:
    log = Log(
        logged=np.tile([0.2, 0.6, 0.2], (200, 1)),
        means=np.zeros((200, 3)),
        received=np.ones(200, int),
        outcomes=np.ones(200),
    )
    rows = log.rows(log.logged)
    values = rows[column].to_pylist()
    values[row] = value
    position = rows.column_names.index(column)
    broken = rows.set_column(position, POLICY_ROWS.field(column), pa.array(values))

    with pytest.raises(SchemaError, match=message):
        policy_value(broken)
