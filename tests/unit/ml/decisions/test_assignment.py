from __future__ import annotations

import pyarrow as pa
import pytest

from ml.decisions.decide import decide
from ml.decisions.schemas import CANDIDATES, DRAWS
from ml.decisions.settings import DayLimits, Randomisation


def reasons(rows: list[dict[str, object]], limits: DayLimits) -> list[tuple[str, str | None]]:
    defaults = {
        "expected_uplift": 0.1,
        "expected_net_value": 10.0,
        "expected_cost": 1.0,
        "is_proven": True,
    }
    table = pa.Table.from_pylist(
        [{**defaults, **dict.fromkeys(DRAWS, 0.9), **row} for row in rows], schema=CANDIDATES
    )
    found = decide(table, Randomisation(), limits).decisions
    return list(zip(found["arm"].to_pylist(), found["reason"].to_pylist(), strict=True))


def test_the_limit_that_is_reached_first_is_the_reason() -> None:
    """Of three customers the best is called; the others find no contact, or no money."""
    rows = [
        {"customer_id": name, "action_id": "call", "expected_net_value": value}
        for name, value in (("a", 10.0), ("b", 20.0), ("c", 5.0))
    ]

    assert reasons(rows, DayLimits(None, {"call": 1})) == [
        ("none", "capacity_reached"),
        ("treatment", None),
        ("none", "capacity_reached"),
    ]
    assert reasons(rows, DayLimits(1.5, {"call": None})) == [
        ("none", "budget_spent"),
        ("treatment", None),
        ("none", "budget_spent"),
    ]


@pytest.mark.parametrize(
    ("capacities", "budget", "reason"),
    [
        ({"call": 0, "mail": 0}, None, "capacity_reached"),
        ({"call": 0, "mail": 5}, 0.5, "budget_spent"),
    ],
)
def test_a_customer_whose_actions_fit_into_no_limit_has_the_reason_of_the_last_one(
    capacities: dict[str, int], budget: float | None, reason: str
) -> None:
    rows = [{"customer_id": "a", "action_id": action} for action in ("call", "mail")]

    assert reasons(rows, DayLimits(budget, capacities)) == [("none", reason)]


def test_explorers_turned_away_have_the_reason_of_their_limit() -> None:
    """Three explorers want one call each; there is one contact, and money for one."""
    # Acceptance is a third of the share: only draws at the beginning of the cell are accepted.
    draws = {"exploration_draw": 0.01, "choice_draw": 0.5}
    rows = [
        {"customer_id": name, "action_id": "call", **draws, "exploration_draw": draw}
        for name, draw in (("a", 0.01), ("b", 0.02), ("c", 0.03))
    ]

    full = reasons(rows, DayLimits(None, {"call": 1}))
    poor = reasons(rows, DayLimits(1.0, {"call": None}))

    assert full == [("treatment", None), *[("none", "capacity_reached")] * 2]
    assert poor == [("treatment", None), *[("none", "budget_spent")] * 2]
