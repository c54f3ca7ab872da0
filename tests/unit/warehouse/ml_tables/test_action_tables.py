from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa
import pytest

from ml.decisions.schemas import ACTION_PROBABILITIES, DECISIONS
from ml.effects.schemas import ACTION_PRIORS, CATALOGUE_PRIORS, EFFECTS
from warehouse.connection import create_tables
from warehouse.ml_tables.action_tables import (
    candidates,
    catalogue_priors,
    day_limits,
    is_decided,
    keep_decisions,
    planned_save_shares,
    replace_action_effects,
    write_assignment_key,
)

DAY = date(2026, 6, 30)
SUMMARY = {
    "customers": 2,
    "treated": 1,
    "expected_net_value": 3.0,
    "value_bound": 3.0,
    "relative_gap": 0.0,
    "expected_cost": 1.0,
    "budget": 10.0,
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        create_tables(con)
        con.execute("create schema seeds; create schema actions")
        con.execute(
            """
            create table seeds.action_catalogue as
            select * from (values
                ('call', 'service_response', 0.15, 0.08, 0.02, 0.04),
                ('newsletter', null, 0.01, 0.03, 0.01, 0.03)
            ) as catalogue (
                action_id, answers_cause, save_share, save_share_sd, other_save_share,
                other_save_share_sd
            )
            """
        )
        con.execute(
            """
            create table actions.action_candidates as
            select
                customer_id, action_id, blocked_by, 'loyal' as lifecycle_stage,
                'core_loyal' as customer_type, 'product_fit' as cause,
                date '2026-07-14' as expires_on, date '2026-09-28' as cool_down_until,
                0.4 as churn_probability, 50.0 as value_if_retained, expected_cost
            from (values
                ('c1', 'call', null, 1.0), ('c1', 'newsletter', 'no_consent', 0.05),
                ('c2', 'call', null, 1.0), ('c3', 'call', null, 1.5), ('c3', 'letter', null, 2.0)
            ) as candidates (customer_id, action_id, blocked_by, expected_cost)
            """
        )
        yield con


def decisions() -> pa.Table:
    rows = [
        {
            "customer_id": "c1",
            "action_id": "call",
            "arm": "treatment",
            "mode": "exploit",
            "reason": None,
            "chosen_with_probability": 0.8,
            "expected_uplift": 0.1,
            "expected_net_value": 3.0,
            "expected_cost": 1.0,
        },
        {
            "customer_id": "c2",
            "action_id": None,
            "arm": "none",
            "mode": "exploit",
            "reason": "budget_spent",
            "chosen_with_probability": 0.9,
            "expected_uplift": None,
            "expected_net_value": None,
            "expected_cost": None,
        },
    ]
    return pa.Table.from_pylist(rows, schema=DECISIONS)


def probabilities() -> pa.Table:
    """Two customers with the same choice, and one with another."""
    return pa.table(
        [
            ["c1", "c1", "c2", "c2", "c3", "c3", "c3"],
            ["call", None, "call", None, "letter", None, "call"],
            [0.75, 0.25, 0.75, 0.25, 0.1, 0.7, 0.2],
        ],
        schema=ACTION_PROBABILITIES,
    )


def test_a_home_makes_its_own_key_once_and_a_configured_one_replaces_it(
    con: duckdb.DuckDBPyConnection,
) -> None:
    write_assignment_key(con, None)
    first = con.execute("from ops.assignment_key").fetchall()
    write_assignment_key(con, None)
    assert con.execute("from ops.assignment_key").fetchall() == first
    assert len(first[0][0]) == 64
    write_assignment_key(con, "configured")
    assert con.execute("from ops.assignment_key").fetchall() == [("configured",)]


def test_an_action_with_a_cause_has_a_prior_for_it_and_one_for_every_other(
    con: duckdb.DuckDBPyConnection,
) -> None:
    priors = catalogue_priors(con)
    assert priors.schema.names == CATALOGUE_PRIORS.names
    assert priors.to_pydict()["cause"] == ["service_response", None, None]
    assert [float(share) for share in priors["prior_save_share"].to_pylist()] == [0.15, 0.02, 0.01]
    assert {name: float(share) for name, share in planned_save_shares(con).items()} == {
        "call": 0.15,
        "newsletter": 0.01,
    }


def test_effects_and_priors_are_replaced_whole(con: duckdb.DuckDBPyConnection) -> None:
    for _ in range(2):
        replace_action_effects(con, EFFECTS.empty_table(), ACTION_PRIORS.empty_table())
    assert con.execute("from ml.action_effects").fetchall() == []
    columns = [
        row[0]
        for row in con.execute(
            "select column_name from duckdb_columns() where table_name = 'action_effects'"
            " order by column_index"
        ).fetchall()
    ]
    assert columns == EFFECTS.names


def test_only_allowed_actions_are_candidates(con: duckdb.DuckDBPyConnection) -> None:
    allowed = candidates(con).select(["customer_id", "action_id"]).to_pylist()
    assert allowed == [
        {"customer_id": "c1", "action_id": "call"},
        {"customer_id": "c2", "action_id": "call"},
        {"customer_id": "c3", "action_id": "call"},
        {"customer_id": "c3", "action_id": "letter"},
    ]


def test_limits_are_the_budget_and_a_capacity_by_action(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create table actions.action_limits as select * from (values (null, 12.5), ('call', 10))"
        " as limits (action_id, day_limit)"
    )
    assert day_limits(con) == (12.5, {"call": 10})


def test_a_day_is_kept_once_with_what_was_known_of_the_customers(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert not is_decided(con, DAY)
    keep_decisions(con, DAY, decisions(), probabilities(), 0.9, SUMMARY)
    assert is_decided(con, DAY)
    assert is_decided(con, date(2026, 6, 1))
    assert not is_decided(con, date(2026, 7, 1))
    kept = con.execute(
        """
        select
            customer_id, arm, treatment_probability, cause, expires_on, cool_down_until
        from ml.action_decisions order by customer_id
        """
    ).fetchall()
    assert kept == [
        ("c1", "treatment", 0.9, "product_fit", date(2026, 7, 14), date(2026, 9, 28)),
        ("c2", "none", None, "product_fit", None, None),
    ]
    with pytest.raises(duckdb.ConstraintException):
        keep_decisions(con, DAY, decisions(), probabilities(), 0.9, SUMMARY)
    assert con.execute("select count(*) from ops.decided_days").fetchone() == (1,)


def test_the_probabilities_of_all_actions_are_kept_once_for_customers_who_share_them(
    con: duckdb.DuckDBPyConnection,
) -> None:
    keep_decisions(con, DAY, decisions(), probabilities(), 0.9, SUMMARY)
    choices = con.execute(
        "select choice_no, action_id, probability from ops.decision_choices order by all"
    ).fetchall()
    assert choices == [
        (1, "call", 0.2),
        (1, "letter", 0.1),
        (1, None, 0.7),
        (2, "call", 0.75),
        (2, None, 0.25),
    ]
    kept = con.execute(
        """
        select customer_id, choice_no, churn_probability, value_if_retained, expected_costs
        from ops.decided_actions order by customer_id
        """
    ).fetchall()
    assert [row[:2] for row in kept] == [("c1", 2), ("c2", 2)]
    assert kept[0][2:] == (pytest.approx(0.4), 50, [1.0])
