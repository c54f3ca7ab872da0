"""Exports of systems that many shops use: what is connected, and which decisions are left."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from ingestion.connect.connection import Connection
from tests.unit.ingestion.connect.conftest import Deliver, Project

HEADER = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    "Billing Name,Billing City,Billing Country,Notes,Cancelled at,Payment Method,"
    "Refunded Amount,Vendor,Id,Tags,Risk Level,Source,Lineitem discount"
)
SHOPIFY = HEADER.split(",")
STATES = ("paid", "paid", "paid", "paid", "refunded", "partially_refunded", "pending", "voided")


def shopify_rows(orders: int) -> list[str]:
    """Lines of orders, of which every second order has two."""
    rows = []
    for n in range(orders):
        at = f"2026-04-{n % 28 + 1:02} 10:00:00 +0200"
        state = STATES[n % len(STATES)]
        for line in range(1 + n % 2):
            cells = dict.fromkeys(SHOPIFY, "")
            cells |= {
                "Name": f"#{1001 + n}", "Email": f"person{n % 25}@example.com", "Created at": at,
                "Lineitem quantity": str(1 + line), "Lineitem name": ("Tea", "Cup")[line],
                "Lineitem price": ("20.00", "2.50")[line], "Lineitem sku": ("T1", "C1")[line],
                "Lineitem taxable": "true", "Lineitem fulfillment status": "fulfilled",
                "Vendor": "Tea Shop", "Lineitem discount": "0.00",
            }  # fmt: skip
            if line == 0:
                total = "25.00" if n % 2 else "20.00"
                cells |= {
                    "Financial Status": state, "Paid at": "" if state == "pending" else at,
                    "Fulfillment Status": "fulfilled", "Accepts Marketing": ("no", "yes")[n % 2],
                    "Currency": "EUR" if n % 10 else "SEK", "Subtotal": total, "Total": total,
                    "Shipping": "0.00", "Taxes": "0.00", "Discount Amount": "0.00",
                    "Billing Name": f"Person {n % 25}", "Billing City": "Berlin",
                    "Billing Country": "DE", "Source": "web", "Id": str(5_000_000_000 + n),
                    "Payment Method": "gift_card" if n % 9 == 0 else "Shopify Payments",
                    "Refunded Amount": total if state == "refunded" else "5.00"
                    if state == "partially_refunded" else "0.00",
                }  # fmt: skip
            rows.append(",".join(cells.values()))
    return rows


def deliver_stripe(deliver: Deliver) -> None:
    """Charges in cents by seconds since 1970, their refunds, and subscriptions in each state."""
    start = 1_767_225_600
    deliver(
        "charges.csv",
        "id,customer,created,currency,amount,amount_refunded,status,invoice\n"
        + "".join(
            f"ch_{n:05x}A,cus_{n % 40:04x}B,{start + n * 40_000},eur,{1000 + n * 37},0,"
            f"{'failed' if n % 15 == 0 else 'succeeded'},in_{n:05x}\n"
            for n in range(200)
        ),
    )
    deliver(
        "refunds.csv",
        "id,charge,created,currency,amount,status\n"
        + "".join(
            f"re_{n:05x}A,ch_{n:05x}A,{start + n * 40_000 + 90_000},eur,500,succeeded\n"
            for n in range(1, 200, 20)
        ),
    )
    states = ("active", "canceled", "trialing", "past_due", "paused", "incomplete_expired")
    deliver(
        "subscriptions.csv",
        "id,customer,status,start_date,trial_end,canceled_at,ended_at,plan,plan_amount,currency\n"
        + "".join(
            f"sub_{n:05x}A,cus_{n:04x}B,{states[n % 6]},{start + n},"
            f"{start + 1_209_600 if n % 6 == 2 else ''},"
            f"{start + 4_000_000 if n % 6 == 1 else ''},{start + 5_000_000 if n % 6 == 1 else ''},"
            "pro,2900,eur\n"
            for n in range(40)
        ),
    )
    deliver(
        "customers.csv",
        "id,email,name,created,currency,delinquent\n"
        + "".join(
            f"cus_{n:04x}B,p{n}@example.com,P {n},{start - n},eur,false\n" for n in range(40)
        ),
    )


def decisions(connection: Connection) -> list[str]:
    """Open questions of the staging models, each by its first line."""
    return [each.question for each in connection.open_questions if each.path.suffix == ".sql"]


def test_shopify_s_orders_are_connected_with_four_decisions(
    project: Project, deliver: Deliver
) -> None:
    rows = shopify_rows(120)
    folder = deliver("orders_export_1.csv", "\n".join([HEADER, *rows]) + "\n")
    asked = decisions(project.connect("shop", folder))
    assert [question.split(" has ")[0].split(" is ")[0] for question in asked] == [
        "orders_export_1", "ordered_at", "Currency", "Payment Method",
    ]  # fmt: skip
    orders = project.staged("shop", "orders")
    assert (len(orders), len(project.staged("shop", "order_lines"))) == (120, 180)
    assert len(project.staged("shop", "customers")) == 25
    assert {row["_reject_reason"] for row in orders} == {None}
    assert {row["status"] for row in orders} == {"completed", "refunded", "open", "cancelled"}
    assert sum(row["refunded_amount"] for row in orders) == Decimal(15 * 20 + 15 * 5)
    assert {row["payment_kind"] for row in orders} == {"money", "gift_card"}


def test_stripe_s_tables_are_connected_in_whole_units(project: Project, deliver: Deliver) -> None:
    deliver_stripe(deliver)
    folder = deliver("notes.md", "-")
    asked = decisions(project.connect("billing", folder))
    assert len(asked) == 4
    assert sum("has no decimals and currency is in lower case" in each for each in asked) == 3
    assert sum("ended_at is read from" in each for each in asked) == 1
    orders = project.staged("billing", "orders")
    assert (orders[1]["net_amount"], orders[1]["status"]) == (Decimal("10.37"), "completed")
    assert orders[0]["status"] == "cancelled"
    assert orders[0]["ordered_at"] == datetime.fromisoformat("2026-01-01")
    (first, *_) = project.staged("billing", "refunds")
    assert (first["amount"], first["source_order_id"]) == (Decimal(5), "ch_00001A")
    assert first["source_customer_id"] == "cus_0001B"
    subscriptions = project.staged("billing", "subscriptions")
    assert {row["status"] for row in subscriptions} == {
        "active", "cancelled", "trialing", "past_due", "paused", "incomplete_expired",
    }  # fmt: skip
    assert {row["monthly_amount"] for row in subscriptions} == {Decimal(29)}


@pytest.mark.parametrize("name", ["orders_export_1", "orders_export_2"])
def test_names_with_a_number_are_one_table(project: Project, deliver: Deliver, name: str) -> None:
    folder = deliver(f"{name}.csv", "\n".join([HEADER, *shopify_rows(8)]) + "\n")
    (table,) = project.connect("shop", folder).catalog.tables
    assert table.name == name
