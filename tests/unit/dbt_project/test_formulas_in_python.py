"""Formulas that stand in SQL and in Python, compiled by dbt and compared on the same rows.

SQL computes published figures day by day, Python fits and evaluates models by the same formulas.
"""

from __future__ import annotations

import json
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binomtest

from ml.churn.person_periods import DAYS_PER_MONTH, months_ahead
from ml.metrics.tiers import by_tier
from ml.monitoring.drift import stability_index
from ml.segments.behaviour_groups import MEASURES
from ml.value.customer_value import ValueModel
from simulation.policies import costs_of
from simulation.run import CATALOGUE, read_catalogue
from tests.unit.dbt_project.conftest import ParsedProject

VARS = {
    "churn_kind": "non_contractual",
    "horizon_days": 400,
    "high_risk": 0.7,
    "medium_risk": 0.4,
}
# One compilation for all: a parse of the project takes seconds.
MACROS = """
{{ tojson({
    'stability_term': stability_term('one', 'n', 'other', 'm', 'bins'),
    'stability_by_chance': stability_by_chance('n', 'm', 'freedom'),
    'expected_net_revenue': expected_net_revenue('features', 'parameters', 'scores'),
    'risk_tier': risk_tier('probability'),
    'share_at_least': share_at_least('share', 'n'),
    'behaviour_measures': behaviour_measures(),
    'days_per_month': days_per_month(),
    'months_ahead': months_ahead(),
    'expected_cost': expected_cost('catalogue', 'order_amount'),
}) }}
"""


@pytest.fixture(scope="module")
def macros(project: ParsedProject) -> dict[str, Any]:
    """Each macro's SQL, or its value, by name."""
    found: dict[str, Any] = json.loads(project.query(MACROS, **VARS))
    return found


def column(sql: str, **tables: pa.Table) -> np.ndarray:
    """The first column of a query over Arrow tables."""
    with duckdb.connect() as con:
        for name, table in tables.items():
            con.register(name, table)
        return np.array([row[0] for row in con.execute(sql).fetchall()])


def test_the_stability_index_and_its_noise_quantile_are_the_same(macros: dict[str, Any]) -> None:
    random = np.random.default_rng(1)
    for size in (30, 5_000):
        one, other = (random.multinomial(size, [0.4, 0.3, 0.2, 0.1, 0.0]) for _ in range(2))
        index, quantile = stability_index(one.astype(float), other.astype(float))
        counts = pa.table({"one": one, "other": other})

        term = f"{macros['stability_term']} as term from counts"
        sums = f"{one.sum()} as n, {other.sum()} as m, {len(one)} as bins"
        [in_sql] = column(
            f"with counts as (select *, {sums} from rows) select sum(term) from (select {term})",
            rows=counts,
        )
        freedom = int(((one > 0) | (other > 0)).sum()) - 1
        [by_noise] = column(
            f"select {macros['stability_by_chance']} from"
            f" (select {one.sum()} as n, {other.sum()} as m, {freedom} as freedom)"
        )
        assert (in_sql, by_noise) == pytest.approx((index, quantile), rel=1e-12)


def test_customer_value_is_the_same_formula_for_365_days(macros: dict[str, Any]) -> None:
    model = ValueModel(r=0.7, alpha=45.0, p=4.0, q=3.2, gamma=38.0, level=1.1)
    features = pa.table(
        {
            "purchase_days_lifetime": pa.array([1, 5, 12, 3, None, 5, 5], pa.int32()),
            # The amounts of three of five purchase days are unknown, and those of all.
            "valued_days_lifetime": pa.array([1, 5, None, 3, None, 2, 0], pa.int32()),
            "days_since_first_order": pa.array([10, 400, 900, 200, None, 400, 400], pa.int32()),
            "days_since_last_order": pa.array([10, 30, 200, 90, None, 30, 30], pa.int32()),
            # A loss counts as no spending: the value is then the population mean.
            "net_revenue_lifetime": pa.array([20.0, 900.0, 1_500.0, -50.0, None, 360.0, None]),
            "monthly_amount": pa.nulls(7, pa.float64()),
        }
    )
    parameters = pa.table({name: [value] for name, value in vars(model).items()})
    scores = pa.table({"value_factor": pa.array([None], pa.float64())})

    in_sql = column(
        f"select {macros['expected_net_revenue']} from features cross join parameters"
        " cross join scores",
        features=features, parameters=parameters, scores=scores,
    ).astype(float)  # fmt: skip

    np.testing.assert_allclose(in_sql, model.expected(features, 365), rtol=1e-12)
    # Unknown amounts do not lower the value by 60 %, as they would if they counted as nothing.
    assert in_sql[5] == pytest.approx(in_sql[1], rel=0.1)
    assert in_sql[6] > 0.2 * in_sql[1]


def test_risk_tiers_have_the_same_boundaries(macros: dict[str, Any]) -> None:
    probabilities = np.array([0.0, 0.399999, 0.4, 0.5, 0.699999, 0.7, 1.0])
    rows = pa.table({"probability": probabilities})
    in_sql = column(f"select {macros['risk_tier']} from rows", rows=rows)

    tiers = by_tier(np.ones(7, bool), probabilities, VARS["medium_risk"], VARS["high_risk"])

    assert {tier.name: tier.customers for tier in tiers} == {
        name: int((in_sql == name).sum()) for name in ("high", "medium", "low")
    }


def test_the_lower_end_of_a_share_is_wilson_s_one_sided_interval(macros: dict[str, Any]) -> None:
    for found, customers in ((0, 20), (7, 30), (400, 1_000), (50, 50)):
        expected = binomtest(found, customers, alternative="greater").proportion_ci(
            0.95, method="wilson"
        )
        [low] = column(
            f"select {macros['share_at_least']} from"
            f" (select {found} / {customers} as share, {customers}.0 as n)"
        )
        # The macro has four digits of the quantile 1.6449.
        assert low == pytest.approx(expected.low, abs=1e-4)


def test_behaviour_groups_have_the_same_measures(macros: dict[str, Any]) -> None:
    assert macros["behaviour_measures"] == list(MEASURES)


def test_months_ahead_are_the_same(macros: dict[str, Any]) -> None:
    assert macros["days_per_month"] == DAYS_PER_MONTH
    assert macros["months_ahead"] == months_ahead(VARS["horizon_days"])


def test_the_simulated_policies_reckon_with_the_expected_costs_of_the_pipeline(
    macros: dict[str, Any],
) -> None:
    customers = pa.table({"person_id": [1, 2], "order_amount": [38.5, 61.0]})
    catalogue = read_catalogue(CATALOGUE)

    in_sql = column(
        f"select ({macros['expected_cost']})::double from customers cross join catalogue"
        " order by person_id, action_id",
        customers=customers,
        catalogue=catalogue,
    )

    costs = costs_of(customers, catalogue)["expected_cost"].to_numpy()
    assert len(set(costs.round(6))) > 5
    assert costs == pytest.approx(in_sql, rel=1e-12)
