"""Arrow tables of uplift learners that pass between the warehouse and `ml/uplift/`.

Randomised units with the features of their day go out, and so do logged decisions with all options;
scores come in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ml.decisions.settings import DayLimits
from warehouse.row_replacement import replacement

# Features of a campaign's units are those of the latest snapshot before: training dates lie a month
# apart. Decided days have a snapshot of their own.
MAX_FEATURE_AGE_DAYS = 31
# Days of the log that are valued. Each of them is decided again, and neighbouring days hold the
# same customers in the same state.
VALUED_DAYS = 26
DAYS_BETWEEN = 7
MAX_OPTIONS = 2_000_000


def known_outcomes(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """Treated and control customers with a known outcome, by action in ascending order of id."""
    rows = con.execute(
        """
        select
            action_id,
            count(*) filter (arm = 'treatment'),
            count(*) filter (arm = 'control')
        from experiments.action_units
        where is_retained is not null
        group by action_id
        order by action_id
        """
    ).fetchall()
    return {action: (treated, control) for action, treated, control in rows}


def uplift_units(
    con: duckdb.DuckDBPyConnection, action_ids: Collection[str]
) -> dict[str, pa.Table]:
    """Matured units of each action with the features known on the day of the assignment.

    A campaign without a planned share has the share that was treated in its period: its arms were
    drawn at random too. Customers who were in both arms are left out, and units without a snapshot
    of at most 31 days before. Sorted, because the last digits of a fit depend on the order. The
    features of all snapshots are read once, and not once an action.
    """
    units = con.execute(
        f"""
        with units as (
            select
                customer_id,
                action_id,
                assigned_on,
                arm,
                coalesce(
                    treatment_probability,
                    avg((arm = 'treatment')::integer) over (
                        partition by action_id, period_start, is_decided
                    )
                ) as treatment_probability,
                is_retained
            from experiments.action_units
            where list_contains($actions, action_id) and is_retained is not null
            qualify count(*) over (partition by action_id, customer_id, period_start) = 1
        ),

        -- An asof join would sort the snapshots of all customers, which takes 16 s at 1.3 million.
        dated as (
            select
                units.*,
                max(snapshots.snapshot_date) as snapshot_date
            from units
            inner join features.feat_customer_snapshots as snapshots
                on
                    units.customer_id = snapshots.customer_id
                    and snapshots.snapshot_date <= units.assigned_on
                    and units.assigned_on <= snapshots.snapshot_date + {MAX_FEATURE_AGE_DAYS}
            group by all
        )

        select
            dated.* exclude (snapshot_date),
            features.* exclude (customer_id, snapshot_date)
        from dated
        inner join features.feat_customer_snapshots as features
            on
                dated.customer_id = features.customer_id
                and dated.snapshot_date = features.snapshot_date
        order by dated.action_id, dated.assigned_on, dated.customer_id
        """,
        {"actions": list(action_ids)},
    ).to_arrow_table()
    return {
        action_id: units.filter(pc.equal(units["action_id"], action_id)) for action_id in action_ids
    }


def logged_options(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Logged decisions whose horizon has passed, as `LOGGED_OPTIONS`.

    Of the latest decided days, those at least a week apart are read, up to two million rows.
    Customers of the global hold-out are left out, and customers whose value was not known.
    """
    days = _valued_days(con)
    return con.execute(
        """
        with decided as (
            select *
            from ops.decided_actions
            where
                list_contains($days, snapshot_date)
                and arm <> 'global_holdout'
                and value_if_retained is not null
        ),

        options as (
            select
                *,
                row_number() over (
                    partition by snapshot_date, choice_no order by action_id nulls last
                ) as place
            from ops.decision_choices
            where list_contains($days, snapshot_date)
        ),

        catalogue as (
            select action_id, answers_cause, save_share, other_save_share
            from seeds.action_catalogue
        )

        select
            decided.customer_id,
            decided.snapshot_date,
            options.action_id,
            options.probability as logged_probability,
            options.action_id
            is not distinct from case when decided.arm = 'treatment' then decided.action_id end
                as is_received,
            outcomes.is_retained,
            decided.churn_probability::double as churn_probability,
            decided.value_if_retained::double as value_if_retained,
            coalesce(decided.expected_costs[options.place], 0)::double as expected_cost,
            coalesce(own_cause.save_share, other_cause.save_share)::double as save_share,
            case
                when catalogue.answers_cause = decided.cause then catalogue.save_share
                else catalogue.other_save_share
            end::double as catalogue_save_share,
            coalesce(own_cause.probability_of_help, other_cause.probability_of_help)::double
                as probability_of_help
        from decided
        inner join options using (snapshot_date, choice_no)
        inner join experiments.decision_outcomes as outcomes using (snapshot_date, customer_id)
        left join catalogue on options.action_id = catalogue.action_id
        left join ml.action_priors as own_cause
            on options.action_id = own_cause.action_id and decided.cause = own_cause.cause
        left join ml.action_priors as other_cause
            on options.action_id = other_cause.action_id and other_cause.cause is null
        where list_contains($days, outcomes.snapshot_date)
        order by decided.snapshot_date, decided.customer_id, options.action_id
        """,
        {"days": days},
    ).to_arrow_table()


def _valued_days(con: duckdb.DuckDBPyConnection) -> list[date]:
    """Days to value, the latest first; none of which decisions were removed (`keep.past_days`).

    Such a day has only the customers with an arm, and they are no fair sample of its decisions.
    """
    rows = con.execute(
        """
        with removals as (
            select max(removed_before) as removed_before from ops.removed_rows
            where table_name = 'ops.decided_actions'
        )

        select decided.snapshot_date, count(*) * any_value(sizes.options)
        from ops.decided_actions as decided
        inner join (
            select snapshot_date, count(distinct coalesce(action_id, '')) as options
            from ops.decision_choices
            group by snapshot_date
        ) as sizes using (snapshot_date)
        semi join experiments.decision_outcomes as outcomes using (snapshot_date)
        anti join removals on decided.snapshot_date < removals.removed_before
        group by decided.snapshot_date
        order by decided.snapshot_date desc
        """
    ).fetchall()
    chosen: list[date] = []
    total = 0
    for day, options in rows:
        if chosen and (chosen[-1] - day).days < DAYS_BETWEEN:
            continue
        total += options
        if len(chosen) == VALUED_DAYS or (chosen and total > MAX_OPTIONS):
            break
        chosen.append(day)
    return chosen


def limits_of_days(con: duckdb.DuckDBPyConnection) -> Mapping[date, DayLimits]:
    """Budget of each decided day, with the capacities of today's catalogue."""
    capacities = dict(
        con.execute("select action_id, capacity_a_day from seeds.action_catalogue").fetchall()
    )
    days = con.execute("select snapshot_date, budget from ops.decided_days").fetchall()
    return {day: DayLimits(budget, capacities) for day, budget in days}


def has_uplift_scores(con: duckdb.DuckDBPyConnection) -> bool:
    """True if scores of a learner are stored."""
    return bool(con.execute("from ml.uplift_scores limit 1").fetchall())


def replace_uplift_scores(con: duckdb.DuckDBPyConnection, scores: pa.Table) -> None:
    """Replace the scores of all learners by those of one day, in one transaction."""
    with replacement(con, scores):
        con.execute("delete from ml.uplift_scores")
        con.execute("insert into ml.uplift_scores by name from new_rows")
