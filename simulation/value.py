"""True values: margin of the orders of a generated world, with and without a policy's touches.

The margin of an order is its net amount less refunds and the cost of the goods; returned goods cost
nothing. Cancelled orders count nothing.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

ELIGIBLE_DAYS = 180
# A kept person orders up to three times within the horizon.
MOST_KEPT_ORDERS = 3

VALUES = pa.schema(
    [
        ("sent_on", pa.date32()),
        ("treated", pa.int64()),
        ("kept", pa.int64()),
        ("lost", pa.int64()),
        ("contact_cost", pa.float64()),
        ("margin", pa.float64()),
    ]
)


def margins(world: Path) -> str:
    """SQL for the orders of a world: `person_id`, `ordered_on`, `net_amount`, `margin`."""
    orders = world / "landing" / "shop" / "orders" / "**" / "*.parquet"
    lines = world / "landing" / "shop" / "order_lines" / "**" / "*.parquet"
    return f"""
        select
            people.person_id,
            (orders.ordered_at at time zone 'UTC' at time zone 'Europe/Berlin')::date
                as ordered_on,
            orders.net_amount::double as net_amount,
            (orders.net_amount - coalesce(orders.refunded_amount, 0))::double
            - goods.cost * (1 - coalesce(orders.refunded_amount / nullif(orders.net_amount, 0), 0))
                as margin
        from (
            -- Planted repeats are equal rows, and a planted row has no date.
            select distinct * from read_parquet('{orders}')
            where status <> 'cancelled' and ordered_at is not null and order_no is not null
        ) as orders
        inner join (
            select order_no, sum(quantity * cost)::double as cost
            from (select distinct * from read_parquet('{lines}'))
            group by order_no
        ) as goods using (order_no)
        inner join (
            select distinct person_id, source_record_id
            from '{world / "demo_truth" / "records.parquet"}' where source = 'shop'
        ) as people on orders.account_no = people.source_record_id
    """


def customers_on(world: Path, day: date, horizon_days: int) -> pa.Table:
    """Eligible people of a day: an order in the last 180 days before it.

    Args:
        world: a world without decisions.
        day: the day of the touches.
        horizon_days: days in which their effects show.

    Returns:
        `person_id`, `order_amount` (mean net amount of the last year's orders), `usual_margin` (of
        the horizon at the person's own pace, of at least one order and three at most), and
        `next_margin` (of the orders within the horizon).
    """
    with duckdb.connect() as con:
        return con.execute(
            f"""
            select
                person_id,
                avg(net_amount) filter (is_past) as order_amount,
                avg(margin) filter (is_past) * least(
                    greatest(count(*) filter (is_past) * $horizon / 365.0, 1), {MOST_KEPT_ORDERS}
                ) as usual_margin,
                coalesce(sum(margin) filter (is_next), 0) as next_margin
            from (
                select
                    *,
                    ordered_on >= $day::date - 365 and ordered_on < $day as is_past,
                    ordered_on > $day and ordered_on <= $day::date + $horizon::integer as is_next
                from ({margins(world)})
            )
            group by person_id
            having max(ordered_on) filter (is_past) >= $day::date - {ELIGIBLE_DAYS}
            order by person_id
            """,
            {"day": day, "horizon": horizon_days},
        ).to_arrow_table()


def value_by_day(untouched: Path, touched: Path, touches: pa.Table, outcomes: pa.Table) -> pa.Table:
    """Value of the touches of each day, from the orders with and without all of them.

    A difference between a person's orders in the two worlds belongs to the person's latest touch
    before it. The sum over all days is therefore the whole difference of the two worlds.

    Args:
        untouched: the world without any decision.
        touched: the world with all of the policy's.
        touches: `person_id`, `sent_on`, `contact_cost`.
        outcomes: `person_id`, `sent_on`, `would_order_untreated`, `would_order_treated`.

    Returns:
        One row a day of touches, in the columns of `VALUES`: people treated, kept and driven away,
        cost of the contacts, and the difference of the margin.
    """
    with duckdb.connect() as con:
        con.register("touches", touches)
        con.register("outcomes", outcomes)
        return (
            con.execute(
                f"""
            with differences as (
                select person_id, ordered_on, sum(margin) as margin
                from (
                    select person_id, ordered_on, margin from ({margins(touched)})
                    union all
                    select person_id, ordered_on, -margin from ({margins(untouched)})
                )
                group by all
                having abs(sum(margin)) > 1e-9
            ),

            brought as (
                select touches.sent_on, sum(differences.margin) as margin
                from differences
                asof join touches
                    on differences.person_id = touches.person_id
                    and differences.ordered_on > touches.sent_on
                group by touches.sent_on
            ),

            counted as (
                select
                    sent_on,
                    count(*) as treated,
                    count(*) filter (would_order_treated and not would_order_untreated) as kept,
                    count(*) filter (would_order_untreated and not would_order_treated) as lost,
                    sum(contact_cost) as contact_cost
                from touches
                inner join outcomes using (person_id, sent_on)
                group by sent_on
            )

            select sent_on, treated, kept, lost, contact_cost, coalesce(margin, 0) as margin
            from counted
            left join brought using (sent_on)
            order by sent_on
            """
            )
            .to_arrow_table()
            .cast(VALUES)
        )
