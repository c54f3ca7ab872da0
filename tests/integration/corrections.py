"""Corrections of the demo company's past: late and redelivered rows, and rows that are deleted.

A part is added to the drops of the last day: an order that is four days old, a refund of a recent
and one of an old order, a customer with the e-mail address of another, and a ticket that is open
again. Two rows of the history are no longer at their sources.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from tests.integration.deployments import HISTORY, LAST, Deployment

WINDOW = 35
LATE = LAST - timedelta(days=4)
RECENT = (LAST - timedelta(days=WINDOW), LAST - timedelta(days=25))
OLD = (LAST - timedelta(days=90), LAST - timedelta(days=60))
BEFORE = LAST - timedelta(days=1)


@dataclass(frozen=True)
class Corrections:
    """Late and redelivered rows: ids as in the sources, days and amounts."""

    late_account: str
    refunded_on: date
    refunded_amount: float
    refunded_account: str
    old_refunded_on: date
    mover: str
    moves_to: str
    ticket: int
    solved_on: date
    deleted_order: str
    deleted_on: date
    deleted_account: str
    event_account: str
    event_on: date


def deliver(deployment: Deployment) -> Corrections:
    """Add the parts to the drops of the last day, and end two rows of the history on it."""
    landing = deployment.home.landing
    part = f"corrections/{{}}_{LAST}"
    with duckdb.connect(str(deployment.home.warehouse)) as con:

        def one(sql: str) -> tuple:  # type: ignore[type-arg]
            row = con.execute(sql).fetchone()
            assert row is not None, sql
            return row

        orders = f"read_parquet('{landing}/shop/orders/orders_{HISTORY}.parquet')"
        standing = "status = 'completed' and account_no is not null and net_amount > 0"
        recent, old, deleted = (
            one(
                f"""
                select order_no, ordered_at::date, net_amount::double, account_no from {orders}
                where {standing} and ordered_at::date between '{first}' and '{last}'
                    and extract(hour from ordered_at) between 6 and 18
                order by order_no limit 1 offset {offset}
                """
            )
            for (first, last), offset in ((RECENT, 0), (OLD, 0), (RECENT, 1))
        )
        # Somebody who has long been there, and is nobody of the others.
        (late_account,) = one(
            f"""
            select account_no from {orders} where {standing}
                and account_no not in ('{recent[3]}', '{deleted[3]}')
            group by all having count(*) > 5 order by account_no limit 1
            """
        )
        target = landing / "shop" / "orders" / f"{part.format('orders')}.parquet"
        target.parent.mkdir()
        con.execute(
            f"""
            copy (
                select * replace (
                    'LATE' as order_no, '{late_account}' as account_no, 'completed' as status,
                    timestamp '{LATE} 10:00' as ordered_at, 1000 as gross_amount,
                    0 as discount_amount, 1000 as net_amount
                )
                from {orders} where order_no = '{recent[0]}'
                union all by name
                select * replace (
                    'refunded' as status, timestamp '{LAST} 08:00' as refunded_at,
                    net_amount as refunded_amount
                )
                from {orders} where order_no in ('{recent[0]}', '{old[0]}')
            ) to '{target}'
            """
        )
        # Two CRM records of two customers; the one takes the other's address.
        mover, moves_to = (
            row[0]
            for row in con.execute(
                """
                select any_value(source_customer_id)
                from intermediate.int_identity_history
                inner join intermediate.int_customers_versions
                    using (source, source_customer_id)
                where
                    source = 'crm' and email like '%_@_%.__%' and _reject_reason is null
                    and valid_to = date '9999-12-31' and known_to = date '9999-12-31'
                    and known_from = date '0001-01-01'
                group by customer_id having count(*) = 1
                order by max(customer_no) desc limit 2
                """
            ).fetchall()
        )
        people = landing / "crm" / "customers"
        target = people / f"{part.format('customers')}.csv"
        target.parent.mkdir()
        source = f"read_csv('{people}/customers_{HISTORY}.csv', delim=';', all_varchar=true)"
        con.execute(
            f"""
            copy (
                select * replace (
                    (select any_value(email) from {source} where customer_no = '{moves_to}')
                        as email
                )
                from {source} where customer_no = '{mover}'
            ) to '{target}' (delimiter ';')
            """
        )
        tickets = landing / "helpdesk" / "tickets"
        ticket, solved_on = one(
            f"""
            select source_ticket_id, resolved_at::date from intermediate.int_tickets_versions
            where
                _reject_reason is null and known_to = date '9999-12-31'
                and known_from = date '0001-01-01'
                and resolved_at::date between '{RECENT[0]}' and '{HISTORY}'
            order by resolved_at limit 1
            """
        )
        target = tickets / f"{part.format('tickets')}.jsonl"
        target.parent.mkdir()
        lines = (tickets / f"tickets_{HISTORY}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        (row,) = [row for row in rows if str(row["ticket_id"]) == ticket]
        reopened = {**row, "resolved": None, "status": "open", "satisfaction": None}
        reopened["reopened_count"] = row["reopened_count"] + 1
        target.write_text(json.dumps(reopened) + "\n", encoding="utf-8")

        event_account, event_on = one(
            f"""
            select source_customer_id, activity_date from intermediate.int_event_days
            where events > 1 and activity_date = '{HISTORY - timedelta(days=1)}'
            order by source_customer_id limit 1
            """
        )
        end(con, "orders", f"source_order_id = '{deleted[0]}'")
        end(
            con,
            "events",
            f"""
            (source_customer_id, occurred_at) = (
                select (source_customer_id, min(occurred_at)) from intermediate.int_events_checked
                where
                    source_customer_id = '{event_account}' and occurred_at::date = '{event_on}'
                    and _reject_reason is null
                group by source_customer_id
            )
            """,
        )
    return Corrections(
        late_account,
        recent[1],
        recent[2],
        recent[3],
        old[1],
        mover,
        moves_to,
        int(ticket),
        solved_on,
        deleted[0],
        deleted[1],
        deleted[3],
        event_account,
        event_on,
    )


def end(con: duckdb.DuckDBPyConnection, entity: str, where: str) -> None:
    """Say that the shop has some rows no longer since the last day."""
    model = "int_events_checked" if entity == "events" else f"int_{entity}_versions"
    con.execute(
        f"""
        insert into ops.ended_rows
        select _load_id, _row, 'shop', '{entity}', date '{LAST}'
        from intermediate.{model}
        where source = 'shop' and {where}
        """
    )
