from __future__ import annotations

from datetime import date

import pyarrow as pa

from ml.effects.units import experiment_units
from tests.unit.ml.effects.planted_experiments import units


def test_a_unit_has_its_net_value_and_an_unknown_part_makes_it_unknown() -> None:
    found = experiment_units(units(3, net_revenue=[100.0, None, 50.0], cost=[10.0, 1.0, None]))

    assert found["net_value"].to_pylist() == [90.0, None, None]
    assert found["is_conflicting"].to_pylist() == [False] * 3


def test_an_outcome_before_the_end_of_the_horizon_is_unknown() -> None:
    found = experiment_units(units(3, is_mature=[True, False, None]))

    assert found["is_retained"].to_pylist() == [True, None, None]
    assert found["net_value"].to_pylist() == [100.0, None, None]


def test_repeated_assignments_are_one_unit_with_the_first_outcome_and_all_costs() -> None:
    repeated = units(
        5,
        customer_id=["a", "b", "a", "c", "c"],
        assigned_on=[date(2026, 1, day) for day in (20, 3, 10, 5, 6)],
        is_retained=[False, True, True, True, True],
        net_revenue=[1.0, 2.0, 30.0, 4.0, 5.0],
        cost=[0.5, 0.25, 2.0, 1.0, None],
        is_redeemed=[True, False, False, None, None],
    )

    found = {row["customer_id"]: row for row in experiment_units(repeated).to_pylist()}

    assert list(found) == ["a", "b", "c"]
    assert (found["a"]["assigned_on"], found["a"]["is_retained"]) == (date(2026, 1, 10), True)
    assert (found["a"]["cost"], found["a"]["net_value"]) == (2.5, 27.5)
    assert (found["a"]["is_redeemed"], found["b"]["is_redeemed"]) == (True, False)
    # A cost that is unknown for one assignment is unknown for the unit.
    assert found["c"]["cost"] is None


def test_an_unknown_first_outcome_is_not_replaced_by_a_later_one() -> None:
    repeated = units(2, customer_id=["a", "a"], is_retained=[None, True])
    repeated = repeated.set_column(
        2, "assigned_on", pa.array([date(2026, 1, 2), date(2026, 1, 5)], pa.date32())
    )

    assert experiment_units(repeated)["is_retained"].to_pylist() == [None]


def test_a_customer_in_both_arms_is_conflicting_and_has_no_outcome() -> None:
    repeated = units(3, customer_id=["a", "a", "b"], arm=["treatment", "control", "control"])

    found = {row["customer_id"]: row for row in experiment_units(repeated).to_pylist()}

    assert (found["a"]["is_conflicting"], found["b"]["is_conflicting"]) == (True, False)
    assert (found["a"]["is_retained"], found["b"]["is_retained"]) == (None, True)


def test_other_periods_and_actions_are_units_of_their_own() -> None:
    repeated = units(3, customer_id=["a"] * 3, action_id=["call", "call", "mail"])
    starts = pa.array([date(2026, 1, 1), date(2026, 2, 1), date(2026, 1, 1)], pa.date32())

    assert len(experiment_units(repeated.set_column(3, "period_start", starts))) == 3
