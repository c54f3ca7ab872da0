"""A working file with randomised units of an action, their features, and logged decisions."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.decisions.decide import decide
from ml.decisions.schemas import DRAWS
from ml.decisions.settings import DayLimits, Randomisation
from warehouse.connection import create_tables
from warehouse.ml_tables.action_tables import candidates, keep_decisions

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


def decide_by_one_uplift(
    con: duckdb.DuckDBPyConnection,
    day: date,
    shares: Randomisation,
    *,
    cost: float,
    effect_of_cause: float,
) -> None:
    """Decide a day by the same expected uplift for all, keep it, and let its outcomes mature.

    Args:
        con: of `randomised_company`.
        day: a day on which units were assigned; their customers are decided.
        shares: of exploration and control.
        cost: of a call; a kept customer is worth 40, and the expected uplift is .05.
        effect_of_cause: true effect of a call on customers with the cause `price`, as in
            `tests.unit.ml.uplift.planted_units`.
    """
    customers = con.execute(
        "select customer_id, cause, orders from features.feat_customer_snapshots"
        " where snapshot_date = ? order by customer_id",
        [day],
    ).to_arrow_table()
    random = np.random.default_rng(0)
    draws = {name: random.random(len(customers)) for name in DRAWS}
    offered = pa.table({"customer_id": customers["customer_id"], **draws})
    con.register("offered", offered)
    con.execute(
        """
        create schema actions;
        create table actions.action_candidates as
        select
            offered.*, 'call' as action_id, 0.05 as expected_uplift,
            0.05 * 40 - $cost as expected_net_value, $cost::double as expected_cost,
            true as is_proven, null::varchar as blocked_by, 'loyal' as lifecycle_stage,
            'core_loyal' as customer_type, null::varchar as cause, 0.5 as churn_probability,
            40.0 as value_if_retained, $day::date as expires_on, $day::date as cool_down_until
        from offered
        """,
        {"day": day, "cost": cost},
    )
    con.unregister("offered")
    decided = decide(candidates(con), shares, DayLimits(None, {CALL: None}))
    summary = {
        "customers": len(customers),
        "treated": 0,
        "expected_net_value": decided.value,
        "value_bound": decided.bound,
        "relative_gap": decided.relative_gap,
        "expected_cost": 0.0,
    }
    keep_decisions(con, day, decided.decisions, decided.probabilities, 0.9, summary)

    is_called = pc.equal(decided.decisions["arm"], "treatment").to_numpy()
    has_cause = pc.equal(customers["cause"], "price").to_numpy()
    orders = np.minimum(customers["orders"].to_numpy(), 6)
    chance = 0.4 + 0.05 * orders + effect_of_cause * (is_called & has_cause)
    outcomes = pa.table(
        {
            "snapshot_date": pa.array([day] * len(customers)),
            "customer_id": customers["customer_id"],
            "is_retained": random.random(len(customers)) < chance,
        }
    )
    con.register("outcomes", outcomes)
    con.execute("insert into experiments.decision_outcomes from outcomes")
    con.unregister("outcomes")
