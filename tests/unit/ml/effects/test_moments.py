from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
import pytest

from ml.effects.measure import measure_effects
from ml.effects.moments import RETAINED, Cells, group_codes, segment_sums, unit_sums, with_totals
from ml.effects.settings import EffectSettings
from ml.effects.units import experiment_units
from tests.unit.ml.effects.planted_experiments import planted, units


def cells_of(assignments: pa.Table) -> Cells:
    sums = segment_sums(unit_sums(experiment_units(assignments)))
    return Cells.of(with_totals(sums, np.ones(len(sums), dtype=bool)))


def test_groups_are_numbered_by_their_first_rows() -> None:
    table = pa.table({"name": ["b", "a", "b", "a"], "share": [0.5, 0.5, 0.5, 0.9]})

    first, group = group_codes(table, ("name", "share"))

    assert (first.tolist(), group.tolist()) == ([0, 1, 3], [0, 1, 0, 2])


def test_moments_are_the_sums_over_the_known_units_of_each_arm() -> None:
    retained = [True, False, None, True, True]
    arms = ["treatment", "treatment", "treatment", "control", "control"]
    cells = cells_of(
        units(
            5,
            arm=arms,
            is_retained=retained,
            prior_orders=[0, 2, 4, 2, 2],
            prior_net_revenue=[1.0] * 5,
        )
    )

    found = cells.moments(RETAINED)

    assert cells.keys["period_kind"].to_pylist() == ["all_matured", "period"]
    assert found.count.tolist() == [[2, 2], [2, 2]]
    assert found.outcome.tolist() == [[2, 1], [2, 1]]
    # A constant covariate is zero, orders are standardised over all units.
    assert found.covariates[0] == pytest.approx(np.array([[0, 0], [0, -2 / np.sqrt(1.6)]]))
    assert found.covariate_products[0, 1, 1, 1] == pytest.approx(4 / 1.6)
    assert found.covariate_outcome[0, 1, 1] == pytest.approx(-2 / np.sqrt(1.6))
    assert cells.count("units").tolist() == [[2, 3], [2, 3]]


def test_planned_shares_are_strata_to_two_decimals_and_no_plan_is_one_of_its_own() -> None:
    shares = [0.9, 0.9001, 0.5, None, None]

    cells = cells_of(units(5, treatment_probability=shares))

    assert cells.moments(RETAINED).cell.tolist() == [0, 0, 0, 1, 1, 1]


def test_segments_partition_the_customers_of_an_action_with_unknown_ones_apart() -> None:
    causes = ["product_fit", None, "product_fit", None]
    cells = cells_of(units(4, action_id=["call", "call", "call", "mail"], cause=causes))

    keys = cells.keys.to_pylist()
    found = {
        (key["action_id"], key["segment_kind"], key["segment"]): cells.count("units")[place].sum()
        for place, key in enumerate(keys)
        if key["period_kind"] == "period"
    }
    assert found == {
        ("call", "all", "all"): 3,
        ("call", "cause", "product_fit"): 2,
        ("call", "cause", "unknown"): 1,
        ("mail", "all", "all"): 1,
    }


def test_a_conflicting_customer_is_counted_as_nothing_else() -> None:
    repeated = units(3, customer_id=["a", "a", "b"], arm=["treatment", "control", "control"])

    cells = cells_of(repeated)

    assert cells.count("conflicting").sum(axis=1).tolist() == [1, 1]
    assert cells.count("units").tolist() == [[1, 0], [1, 0]]
    assert cells.count("mature").tolist() == [[1, 0], [1, 0]]


def test_a_quarter_of_a_million_units_take_seconds_of_computing() -> None:
    assignments = planted(25, 10_000, uplift=0.03, seed=1)
    started = time.process_time()

    measure_effects(assignments, EffectSettings())

    assert time.process_time() - started < 4
