from __future__ import annotations

from tests.unit.ingestion.connect.conftest import Deliver, Project, columns_of

ORDERS = (
    "order_id,customer_id,ordered_at,status\n"
    "8001,92,2026-04-01 10:00:00,completed\n"
    "8002,93,2026-04-01 11:00:00,completed\n"
)


def test_a_refund_s_time_is_the_latest_of_the_order_s_refunds(
    project: Project, deliver: Deliver
) -> None:
    deliver(
        "transactions.csv",
        "transaction_id,order_id,kind,status,amount,processed_at\n"
        "1,8001,SALE,success,100.00,2026-04-01 10:05:00\n"
        "2,8001,REFUND,success,10.00,2026-04-08 09:00:00\n"
        "3,8001,REFUND,success,20.00,2026-04-09 09:00:00\n"
        "4,8002,SALE,success,55.00,2026-04-01 11:05:00\n",
    )
    project.connect("shop", deliver("orders.csv", ORDERS))
    orders = {row["source_order_id"]: row for row in project.staged("shop", "orders")}
    assert [orders[key]["net_amount"] for key in ("8001", "8002")] == [100, 55]
    assert (orders["8001"]["refunded_amount"], str(orders["8001"]["refunded_at"])) == (
        30, "2026-04-09 09:00:00",
    )  # fmt: skip
    assert orders["8002"]["refunded_at"] is None


def test_payments_that_all_were_made_are_added_up(project: Project, deliver: Deliver) -> None:
    deliver(
        "payments.csv",
        "payment_id,order_id,payment_type,amount\n1,8001,card,60.00\n2,8001,card,40.00\n3,8002,card,5.00\n",
    )
    entities = project.entities(project.connect("shop", deliver("orders.csv", ORDERS)))
    assert columns_of(entities["orders"])["net_amount"] == "sum payments.amount"
    assert "attempt" not in str(entities["orders"].columns["net_amount"].questions)
    amounts = [row["net_amount"] for row in project.staged("shop", "orders")]
    assert sorted(amounts) == [5, 100]


def test_an_unreadable_payment_makes_the_order_s_amount_unknown(
    project: Project, deliver: Deliver
) -> None:
    payments = "".join(f"{n},8001,5.00\n" for n in range(30))
    deliver("payments.csv", f"payment_id,order_id,amount\n{payments}99,8002,5.00\n98,8002,five\n")
    project.connect("shop", deliver("orders.csv", ORDERS))
    amounts = {r["source_order_id"]: r["net_amount"] for r in project.staged("shop", "orders")}
    assert amounts == {"8001": 150, "8002": None}
