"""Values that name what they are: months, currencies of amounts, kinds of lines and payments."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tests.unit.ingestion.connect.conftest import Deliver, Project
from tests.unit.ingestion.connect.test_messy_files import questions_of


def test_an_export_for_people_is_read_as_one_for_programs(
    project: Project, deliver: Deliver
) -> None:
    """Months by name, amounts with their currency, ids kept as text by an apostrophe."""
    deliver(
        "customers.csv",
        "customer_id,email\n" + "".join(f"{n:05},u{n}@example.com\n" for n in range(7)),
    )
    deliver(
        "order_items.csv",
        "order_item_id,order_id,product_name,product_type,quantity,price\n"
        + "".join(
            f"{n}a,{n},Tea,{'Gift Card' if n % 9 == 0 else 'goods'},1,30.00\n" for n in range(30)
        ),
    )
    folder = deliver(
        "orders.csv",
        "order_id,customer_id,ordered_at,net_amount,refund_amount,refund_currency\n"
        + "".join(
            f'{n},\'{n % 7:05},"Dec {n % 28 + 1}, 2025 9:05 PM",{"USD" if n % 3 else "€"} {n}.50'
            + (",20.00,SEK\n" if n == 7 else ",,\n")
            for n in range(30)
        ),
    )
    project.connect("shop", folder)
    orders = project.staged("shop", "orders")
    assert [row["_reject_reason"] for row in orders] == [None] * 30
    assert orders[4]["source_customer_id"] == "00004"
    assert orders[4]["ordered_at"] == datetime(2025, 12, 5, 21, 5)  # noqa: DTZ001
    assert [(row["currency"], row["net_amount"]) for row in orders[:2]] == [
        ("€", Decimal("0.500")),
        ("USD", Decimal("1.500")),
    ]
    lines = project.staged("shop", "order_lines")
    assert [row["is_gift_card"] for row in lines] == [n % 9 == 0 for n in range(30)]
    asked = questions_of(project, "shop")
    assert "net_amount names several currencies (USD 20, € 10)" in asked
    assert "product_type has gift cards (Gift Card 4): are these lines sales" in asked
    assert "refund_currency of 1 rows is not the order's currency" in asked
    assert "find a customer" not in asked


def test_a_chargeback_is_money_that_went_back(project: Project, deliver: Deliver) -> None:
    deliver(
        "transactions.csv",
        "transaction_id,order_id,type,state,amount\n"
        + "".join(
            f"{n}a,{n},auth,succeeded,100.00\n{n}b,{n},capture,succeeded,60.00\n"
            f"{n}c,{n},capture,succeeded,40.00\n{n}d,{n},chargeback,succeeded,10.00\n"
            f"{n}e,{n},capture,declined,40.00\n"
            for n in range(20)
        ),
    )
    folder = deliver(
        "orders.csv",
        "order_id,customer_id,ordered_at,status\n"
        + "".join(f"{n},{n % 7},2026-01-{n % 28 + 1:02} 10:00:00,completed\n" for n in range(20)),
    )
    project.connect("shop", folder)
    orders = project.staged("shop", "orders")
    assert {(row["net_amount"], row["refunded_amount"]) for row in orders} == {(100, 10)}
