"""The same day gives the same rows, whenever it is run.

test_corrections.py compares the drops one by one with one backfill over them, and a day that is run
again after later days with the day as it was.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

from deployment.config import deployment_vars
from orchestration.runtime.dbt import Dbt
from tests.integration.deployments import HISTORY, LAST, Deployment, differences

FEATURE_TABLES = "select table_name from duckdb_tables() where schema_name = 'features'"
DAILY = ("activation.customer_risk_daily", "activation.customer_segments_daily")


def test_later_days_leave_the_rows_of_a_day_as_they_were(
    day_by_day: Deployment, first_day: Deployment
) -> None:
    for table in DAILY:
        assert day_by_day.table(table, f"snapshot_date = '{HISTORY}'") == first_day.table(table)


def test_ids_stay_when_later_drops_arrive_and_every_merged_id_has_an_heir(
    day_by_day: Deployment, first_day: Deployment
) -> None:
    with duckdb.connect() as con:
        con.execute(f"attach '{first_day.home.published}' as first (read_only)")
        con.execute(f"attach '{day_by_day.home.published}' as later (read_only)")
        lost = con.execute(
            """
            select customer_id from first.marts.dim_customers
            anti join later.marts.customer_id_history using (customer_id)
            """
        ).fetchall()
        heirless = con.execute(
            """
            from later.marts.customer_id_history
            anti join later.marts.dim_customers
                on customer_id_history.heir_customer_id = dim_customers.customer_id
            """
        ).fetchall()
        moved = con.execute(
            """
            select count(*)
            from first.marts.customer_identities as before
            inner join later.marts.customer_identities as after
                using (source, source_customer_id)
            left join later.marts.customer_id_history as history
                on before.customer_id = history.customer_id
            where after.customer_id != history.heir_customer_id
            """
        ).fetchone()
    assert lost == []
    assert heirless == []
    assert moved == (0,)


def test_rows_planted_after_a_date_move_nothing_when_it_is_run_again(
    first_day: Deployment, home_copy: Path
) -> None:
    planted = first_day.copy(home_copy)
    later = HISTORY + timedelta(days=2)
    with duckdb.connect() as con:
        for table, id_column, time_column in (
            ("orders", "order_no", "ordered_at"),
            ("events", "event_id", "occurred_at"),
        ):
            folder = planted.home.landing / "shop" / table
            target = folder / "planted" / f"{table}_{HISTORY}.parquet"
            target.parent.mkdir()
            con.execute(
                f"""
                copy (
                    select * replace (
                        'planted-' || {id_column} as {id_column},
                        timestamp '{later} 12:00' as {time_column}
                    )
                    from '{folder}/{table}_{HISTORY}.parquet'
                    where {id_column} is not null
                    limit 200
                ) to '{target}'
                """
            )
    planted.day(HISTORY)
    [(rows,)] = planted.warehouse(
        "select count(*) from intermediate.int_orders_versions"
        " where source_order_id like 'planted-%'"
    )
    assert rows == 200
    assert planted.warehouse(_features(HISTORY)) == first_day.warehouse(_features(HISTORY))
    assert differences(first_day, planted) == ["ops.data_quality_daily: 4 rows"]


def _features(day: date) -> str:
    return f"""
        from features.feat_customer_snapshots
        where snapshot_date = '{day}' order by customer_id
    """


def test_a_label_exists_only_where_its_window_has_passed(day_by_day: Deployment) -> None:
    [(latest,)] = day_by_day.warehouse("select max(matured_on) from labels.lbl_churn_outcomes")
    assert latest <= LAST


def test_features_of_dates_built_one_by_one_are_those_built_together(
    first_day: Deployment, home_copy: Path
) -> None:
    copied = first_day.copy(home_copy)
    tables = [f"features.{name}" for (name,) in copied.warehouse(FEATURE_TABLES)]
    assert len(tables) == 6
    together = {table: copied.warehouse(f"from {table} order by all") for table in tables}

    variables = {**deployment_vars(copied.runner().config), "bytes_by_batch_row": 10**12}
    Dbt(copied.home, variables).command("run", "--select", "path:models/features")

    # Each date follows the one before as a block of its own.
    [(blocks, dates)] = copied.warehouse(
        """
        select count_if(is_new), count(distinct snapshot_date)
        from (
            select
                snapshot_date,
                snapshot_date is distinct from lag(snapshot_date) over (order by rowid) as is_new
            from features.feat_purchases
        )
        """
    )
    assert blocks == dates > 1
    for table in tables:
        assert copied.warehouse(f"from {table} order by all") == together[table]
