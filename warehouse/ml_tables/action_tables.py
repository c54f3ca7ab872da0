"""Arrow tables of actions that pass between the warehouse and `ml/`: units, effects, decisions.

`ml/effects/schemas.py`, `ml/decisions/schemas.py` and the dbt project describe the columns.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date

import duckdb
import pyarrow as pa

from warehouse.row_replacement import replacement
from warehouse.transaction import transaction

# The allowed actions of a customer with their probabilities, and nothing last; equal lists have one
# number. A null action would make the whole list unknown to the ordering, so it is an empty text.
_NUMBERED_CHOICES = """
create temp table numbered_choices as
with choices as (
    select
        customer_id,
        list(
            {'action_id': coalesce(action_id, ''), 'probability': probability}
            order by action_id nulls last
        ) as choice
    from new_probabilities
    group by customer_id
)

select customer_id, choice, dense_rank() over (order by choice) as choice_no
from choices
"""

_CHOICES = """
insert into ops.decision_choices by name
with choices as (select distinct choice_no, choice from numbered_choices)

select
    $day::date as snapshot_date,
    choice_no,
    nullif(option.action_id, '') as action_id,
    option.probability
from (select choice_no, unnest(choice) as option from choices)
order by choice_no, action_id nulls last
"""

_DECISIONS = """
insert into ops.decided_actions by name
with known as (
    select
        customer_id,
        any_value(lifecycle_stage) as lifecycle_stage,
        any_value(customer_type) as customer_type,
        any_value(cause) as cause,
        any_value(churn_probability) as churn_probability,
        any_value(value_if_retained) as value_if_retained
    from actions.action_candidates
    group by customer_id
),

terms as (
    select customer_id, action_id, expires_on, cool_down_until
    from actions.action_candidates
),

costs as (
    select
        candidates.customer_id,
        list(round(candidates.expected_cost, 4) order by candidates.action_id) as expected_costs
    from actions.action_candidates as candidates
    semi join new_probabilities using (customer_id, action_id)
    group by candidates.customer_id
)

select
    $day::date as snapshot_date,
    new_rows.*,
    case when arm in ('treatment', 'control') then $probability::double end
        as treatment_probability,
    known.* exclude (customer_id),
    terms.* exclude (customer_id, action_id),
    numbered_choices.choice_no,
    costs.expected_costs
from new_rows
inner join known using (customer_id)
left join terms using (customer_id, action_id)
left join numbered_choices using (customer_id)
left join costs using (customer_id)
order by customer_id
"""


def write_assignment_key(con: duckdb.DuckDBPyConnection, configured: str | None) -> None:
    """Keep the secret key of the random draws: the configured one, else a random one made once."""
    with transaction(con):
        if configured is not None:
            con.execute("delete from ops.assignment_key")
            con.execute("insert into ops.assignment_key values (?)", [configured])
        elif con.execute("from ops.assignment_key").fetchone() is None:
            con.execute("insert into ops.assignment_key values (?)", [secrets.token_hex(32)])


def experiment_units(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Customers assigned to an arm of an action, with their outcomes; sorted, so repeatable."""
    return con.execute(
        "from experiments.action_units order by action_id, period_start, customer_id, arm"
    ).to_arrow_table()


def catalogue_priors(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Estimated save share of each action for its own cause, and for any other (cause null)."""
    return con.execute(
        """
        select
            action_id,
            answers_cause as cause,
            save_share as prior_save_share,
            save_share_sd as prior_save_share_sd
        from seeds.action_catalogue
        where answers_cause is not null
        union all
        select action_id, null, other_save_share, other_save_share_sd
        from seeds.action_catalogue
        order by action_id, cause nulls last
        """
    ).to_arrow_table()


def planned_save_shares(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Share of would-be churned customers whom each action is planned to keep."""
    rows = con.execute("select action_id, save_share from seeds.action_catalogue").fetchall()
    return dict(rows)


def replace_action_effects(
    con: duckdb.DuckDBPyConnection, effects: pa.Table, priors: pa.Table
) -> None:
    """Replace the measured effects and the priors that follow from them, in one transaction."""
    con.register("new_priors", priors)
    try:
        with replacement(con, effects):
            con.execute("delete from ml.action_effects")
            con.execute("insert into ml.action_effects by name from new_rows")
            con.execute("delete from ml.action_priors")
            con.execute("insert into ml.action_priors by name from new_priors")
    finally:
        con.unregister("new_priors")


def is_decided(con: duckdb.DuckDBPyConnection, day: date) -> bool:
    """True if the actions of the day, or of a later day, were decided before."""
    found = con.execute("from ops.decided_days where snapshot_date >= ? limit 1", [day]).fetchone()
    return found is not None


def candidates(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Allowed actions of each customer on the day that is decided, with values and draws."""
    return con.execute(
        """
        select * from actions.action_candidates
        where blocked_by is null
        order by customer_id, action_id
        """
    ).to_arrow_table()


def day_limits(con: duckdb.DuckDBPyConnection) -> tuple[float, dict[str, int]]:
    """The money that the day may spend, and the contacts that each action may make."""
    rows = con.execute("select action_id, day_limit::double from actions.action_limits").fetchall()
    budget = sum(limit for action, limit in rows if action is None)
    return budget, {action: int(limit) for action, limit in rows if action is not None}


def keep_decisions(
    con: duckdb.DuckDBPyConnection,
    day: date,
    decisions: pa.Table,
    probabilities: pa.Table,
    treatment_probability: float,
    summary: Mapping[str, float],
) -> None:
    """Keep the decisions of a day with what was known of the customers, in one transaction.

    Args:
        con: the working file.
        day: the day, which must not have been decided before.
        decisions: one row per customer, in the columns of ml/decisions/schemas.py.
        probabilities: `ACTION_PROBABILITIES` of all these customers.
        treatment_probability: planned share of the treatment among the assigned customers.
        summary: the other columns of `ops.decided_days` by name.
    """
    con.register("new_probabilities", probabilities)
    try:
        with replacement(con, decisions):
            con.execute(_NUMBERED_CHOICES)
            con.execute(_CHOICES, {"day": day})
            con.execute(_DECISIONS, {"day": day, "probability": treatment_probability})
            con.execute("drop table numbered_choices")
            names = ", ".join(summary)
            marks = ", ".join("?" for _ in summary)
            con.execute(
                f"insert into ops.decided_days (snapshot_date, {names}) values (?, {marks})",
                [day, *summary.values()],
            )
    finally:
        con.unregister("new_probabilities")
