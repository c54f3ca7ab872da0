"""Corrections of order lines of the demo company: one late, one redelivered and one deleted.

Each is a line of a customer's last order, delivered or ended with the other corrections of the last
day (`corrections.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from tests.integration.corrections import BEFORE, Corrections, end
from tests.integration.deployments import HISTORY, LAST, Deployment

LATE_UNITS = 7
NEW_UNITS = 40


@dataclass(frozen=True)
class Line:
    """A line of the history, alone in its order."""

    order_no: str
    account: str
    ordered_on: date
    category: str
    quantity: float


@dataclass(frozen=True)
class LineCorrections:
    """A line that another is added to, one that is redelivered, and one that is deleted."""

    late: Line
    changed: Line
    deleted: Line
    new_category: str


def deliver_lines(deployment: Deployment, others: Corrections) -> LineCorrections:
    """Add a part to the last day's drop of lines and end one line of the history on it.

    Args:
        deployment: after the day before the last.
        others: the other corrections, whose customers are left alone.
    """
    landing = deployment.home.landing / "shop"
    orders, lines = (
        f"read_parquet('{landing}/{table}/{table}_{{}}.parquet')"
        for table in ("orders", "order_lines")
    )
    with duckdb.connect(str(deployment.home.warehouse)) as con:
        # Who orders nothing after the history, and no order leaves the year on the last day.
        rows = con.execute(
            f"""
            with orders as (
                select *, max(ordered_at) over (partition by account_no) as last_at
                from {orders.format(HISTORY)}
                where account_no is not null
            ),

            corrected as (
                select customer_id from intermediate.int_identity_history
                where
                    source_customer_id in (
                        '{others.late_account}', '{others.refunded_account}',
                        '{others.deleted_account}', '{others.mover}', '{others.moves_to}'
                    )
            )
            select order_no, any_value(account_no), any_value(ordered_at)::date,
                any_value(category), any_value(quantity)::double
            from orders inner join {lines.format(HISTORY)} as lines using (order_no)
            where
                ordered_at = last_at and status = 'completed'
                and ordered_at::date between '{HISTORY - timedelta(days=60)}'
                    and '{HISTORY - timedelta(days=10)}'
                and extract(hour from ordered_at) between 6 and 18
                and account_no not in (
                    select account_no from read_parquet('{landing}/orders/orders_*.parquet')
                    where account_no is not null and ordered_at::date > '{HISTORY}'
                )
                and account_no not in (
                    select account_no from orders
                    where ordered_at::date between '{LAST - timedelta(days=367)}'
                        and '{LAST - timedelta(days=363)}'
                )
                and account_no in (
                    select source_customer_id from intermediate.int_identity_history
                    inner join activation.demand_forecast_daily using (customer_id)
                    anti join corrected using (customer_id)
                    where source = 'shop' and snapshot_date = '{BEFORE}'
                )
            group by order_no having count(*) = 1
            order by order_no limit 3
            """
        ).fetchall()
        late, changed, deleted = (Line(*row) for row in rows)
        new_category, *_ = con.execute(
            f"select min(category) from {lines.format(HISTORY)} where category != ?",
            [changed.category],
        ).fetchone() or (None,)
        part = landing / "order_lines" / "corrections" / f"order_lines_{LAST}.parquet"
        part.parent.mkdir()
        con.execute(
            f"""
            copy (
                select * replace (line_no + 90 as line_no, {LATE_UNITS} as quantity)
                from {lines.format(HISTORY)} where order_no = '{late.order_no}'
                union all
                select * replace ('{new_category}' as category, {NEW_UNITS} as quantity)
                from {lines.format(HISTORY)} where order_no = '{changed.order_no}'
            ) to '{part}'
            """
        )
        end(con, "order_lines", f"source_order_id = '{deleted.order_no}'")
    return LineCorrections(late, changed, deleted, str(new_category))


def units(deployment: Deployment, line: Line, day: date) -> float:
    """Units within the year that are known on a day of an account's customer.

    The feature must be the median of the same baskets.
    """
    [(number, median, feature)] = deployment.warehouse(
        f"""
        with known as (
            select sum(units) as units, median(units / coalesce(orders, 1)) as units_per_order
            from intermediate.int_order_days
            semi join (
                from intermediate.int_identity_history
                where
                    source = 'shop' and source_customer_id = '{line.account}'
                    and valid_from <= '{day}' and '{day}' < valid_to
            ) using (customer_no)
            where
                counts_from <= '{day}' and '{day}' < counts_to
                and activity_date between date '{day}' - 364 and '{day}'
        )

        select
            round(coalesce(known.units, 0), 6), known.units_per_order, units_per_order_365d
        from features.feat_customer_snapshots
        inner join intermediate.int_identity_history using (customer_id)
        cross join known
        where
            snapshot_date = '{day}' and source = 'shop' and source_customer_id = '{line.account}'
            and valid_from <= snapshot_date and snapshot_date < valid_to
        """
    )
    assert isinstance(number, float)
    assert feature == median
    return number


def last_category(deployment: Deployment, line: Line, day: date) -> object:
    """Last bought category in the demand forecast of a day."""
    [(category,)] = deployment.warehouse(
        f"""
        select last_category from activation.demand_forecast_daily
        inner join intermediate.int_identity_history using (customer_id)
        where
            snapshot_date = '{day}' and source = 'shop'
            and source_customer_id = '{line.account}'
            and valid_from <= snapshot_date and snapshot_date < valid_to
        """
    )
    return category
