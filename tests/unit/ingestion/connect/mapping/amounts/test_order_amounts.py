from __future__ import annotations

from ingestion.connect.mapping.proposal import Summed
from tests.unit.ingestion.connect.conftest import (
    Deliver,
    Project,
    shop_with_a_customer_per_order,
)


def test_an_order_without_an_amount_has_the_sum_of_its_payments_and_a_question(
    project: Project, deliver: Deliver
) -> None:
    folder = shop_with_a_customer_per_order(deliver)
    amount = project.entities(project.connect("shop", folder))["orders"].columns["net_amount"]
    assert amount.value == Summed("order_payments", "order_id", "payment_value", None, "order_id")
    assert "order_payments.payment_value adds up to 7,200.00" in str(amount.questions)
    amounts = {
        row["source_order_id"]: row["net_amount"] for row in project.staged("shop", "orders")
    }
    assert sum(amounts.values()) == 7200
    assert amounts["o001b"] == 2 + 3 + 1


def test_lines_without_orders_are_grouped_to_orders(project: Project, deliver: Deliver) -> None:
    folder = deliver(
        "invoice_lines.csv",
        "Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID\n"
        + "".join(f"{n // 3},S{n},2,2025-01-02 10:00:00,1.50,C{n // 9}\n" for n in range(90)),
    )
    entities = project.entities(project.connect("till", folder))
    assert entities["orders"].is_grouped
    assert "grouped by Invoice" in str(entities["orders"].questions)
    rows = project.staged("till", "orders")
    assert len(rows) == 30
    assert {row["net_amount"] for row in rows} == {9}
    assert {row["source_customer_id"] for row in rows} == {f"C{n}" for n in range(10)}


def test_grouped_orders_without_customers_are_staged_without_the_column(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "invoice_lines.csv",
        "Invoice,StockCode,Quantity,InvoiceDate,Price\n"
        + "".join(f"{n // 3},S{n},2,2025-01-02 10:00:00,1.50\n" for n in range(90)),
    )
    project.connect("till", folder)
    rows = project.staged("till", "orders")
    assert len(rows) == 30
    assert "source_customer_id" not in rows[0]
