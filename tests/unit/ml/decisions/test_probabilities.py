from __future__ import annotations

import numpy as np
import pytest

from ml.decisions.day import Day
from ml.decisions.probabilities import ChoiceProbabilities
from ml.decisions.settings import DayLimits, Randomisation
from tests.unit.ml.decisions.made_up_day import ACTIONS, made_up_candidates

SHARES = Randomisation(holdout_share=0.1, exploration_share=0.2, control_share=0.25)


@pytest.fixture
def day() -> Day:
    table = made_up_candidates(60, actions=3, allowed_share=1)
    return Day.of(table, SHARES, DayLimits(None, dict.fromkeys(ACTIONS)))


@pytest.fixture
def probabilities(day: Day) -> ChoiceProbabilities:
    """Everybody exploits the second action, and explorers are admitted."""
    size = len(day.candidates.customers)
    return ChoiceProbabilities.of(day, np.ones((3, size)), np.ones(size, int), np.ones(size, bool))


def test_exploration_and_exploitation_add_up(day: Day, probabilities: ChoiceProbabilities) -> None:
    acts = ~day.is_held_out

    # A fifth explores one of three actions or nothing.
    for action, expected in enumerate((0.05, 0.85, 0.05)):
        assert probabilities.chosen[action, acts] == pytest.approx(expected)
    assert probabilities.nothing[acts] == pytest.approx(0.05)


def test_the_global_holdout_receives_nothing_with_certainty(
    day: Day, probabilities: ChoiceProbabilities
) -> None:
    held_out = day.is_held_out

    assert held_out.any()
    assert (probabilities.nothing[held_out] == 1).all()
    assert not probabilities.chosen[:, held_out].any()


def test_a_decision_has_the_probability_of_its_action_and_arm(
    day: Day, probabilities: ChoiceProbabilities
) -> None:
    size, customer = len(day.candidates.customers), np.flatnonzero(~day.is_held_out)[0]

    def of(action: int, is_withheld: bool) -> float:
        found = probabilities.of_decisions(np.full(size, action), np.full(size, is_withheld))
        return float(found[customer])

    assert of(1, False) == pytest.approx(0.85 * 0.75)
    assert of(1, True) == pytest.approx(0.85 * 0.25)
    assert of(-1, False) == pytest.approx(0.05)


def test_a_withheld_action_is_nothing_received(
    day: Day, probabilities: ChoiceProbabilities
) -> None:
    table = probabilities.as_table(day.candidates)

    customer = day.candidates.customers[int(np.flatnonzero(~day.is_held_out)[0])].as_py()
    rows = [row for row in table.to_pylist() if row["customer_id"] == customer]
    assert [row["action_id"] for row in rows] == ["call", "gift", "letter", None]
    assert [row["probability"] for row in rows] == pytest.approx(
        [0.0375, 0.6375, 0.0375, 0.05 + 0.95 * 0.25]
    )
