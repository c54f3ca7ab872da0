"""A working file with randomised units of an action, their features, and logged decisions."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from warehouse.connection import create_tables

CALL = "call"
DECIDED = (date(2026, 3, 2), date(2026, 3, 4), date(2026, 3, 9))


def randomised_company(units: pa.Table) -> duckdb.DuckDBPyConnection:
    """An in-memory working file in which these units of one action have matured.

    Args:
        units: with the columns of `tests.unit.ml.uplift.planted_units`; the features of a unit are
            known on the day of its assignment.
    """
    con = duckdb.connect()
    create_tables(con)
    con.register("units", units)
    con.execute(
        """
        create schema experiments; create schema features; create schema seeds;

        create table experiments.action_units as
        select
            customer_id, action_id, assigned_on::date as assigned_on, arm, treatment_probability,
            is_retained, date_trunc('quarter', assigned_on)::date as period_start,
            true as is_decided
        from units;

        create table features.feat_customer_snapshots as
        select
            customer_id, assigned_on::date as snapshot_date, true as is_eligible, cause, orders,
            days_since_order
        from units;

        create table experiments.decision_outcomes as
        select null::date as snapshot_date, null::varchar as customer_id, true as is_retained
        limit 0;

        create table seeds.action_catalogue as
        select * from (values
            ('call', 'service_response', 0.15, 0.02, 10), ('mail', null, 0.01, 0.01, 200)
        ) as catalogue (action_id, answers_cause, save_share, other_save_share, capacity_a_day)
        """
    )
    con.unregister("units")
    return con


def log_decisions(con: duckdb.DuckDBPyConnection) -> None:
    """Log the decisions of three days: two customers with a call or nothing, one held out."""
    for day in DECIDED:
        con.execute(
            """
            insert into ops.decision_choices values
                ($day, 1, 'call', 0.6), ($day, 1, 'mail', 0.1), ($day, 1, null, 0.3),
                ($day, 2, null, 1.0)
            """,
            {"day": day},
        )
        con.execute(
            """
            insert into ops.decided_actions by name
            select
                $day::date as snapshot_date, customer_id, action_id, arm,
                0.5 as chosen_with_probability, 'service_response' as cause, choice_no,
                0.5 as churn_probability, 40 as value_if_retained, [4.5, 0.05] as expected_costs
            from (values
                ('c1', 'call', 'treatment', 1), ('c2', 'call', 'control', 1),
                ('c3', null, 'global_holdout', 2)
            ) as decided (customer_id, action_id, arm, choice_no)
            """,
            {"day": day},
        )
        con.execute(
            "insert into ops.decided_days values (?, 3, 1, 1.0, 1.0, 0.0, 4.5, 20.0)", [day]
        )
        con.execute(
            "insert into experiments.decision_outcomes values (?, 'c1', true), (?, 'c2', false),"
            " (?, 'c3', true)",
            [day] * 3,
        )
