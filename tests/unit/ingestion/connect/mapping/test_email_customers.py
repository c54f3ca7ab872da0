from __future__ import annotations

from tests.unit.ingestion.connect.conftest import Deliver, Project


def test_orders_with_an_address_and_no_customer_id_have_customers_by_a_hash_of_it(
    project: Project, deliver: Deliver
) -> None:
    folder = deliver(
        "orders.csv",
        "order_no,ordered_at,status,total,email,billing_city\n"
        "1,2026-01-02,paid,5.50,Ann@example.com,Leeds\n"
        "2,2026-02-02,paid,6.50,ann@example.com ,Leeds\n"
        "3,2026-02-03,paid,7.50,,York\n",
    )
    entities = project.entities(project.connect("shop", folder))
    assert "is each address a customer?" in str(
        entities["orders"].columns["source_customer_id"].questions
    )
    orders = project.staged("shop", "orders")
    first, second, guest = (row["source_customer_id"] for row in orders)
    assert first == second
    assert len(first) == 32
    assert guest is None
    (customer,) = project.staged("shop", "customers")
    assert (customer["source_customer_id"], customer["email"]) == (first, "Ann@example.com")


def test_a_table_of_customers_of_its_own_is_preferred(project: Project, deliver: Deliver) -> None:
    deliver("customers.csv", "customer_no,email\nC1,a@x.org\nC2,b@x.org\n")
    folder = deliver(
        "orders.csv",
        "order_no,customer_no,ordered_at,status,total,email\n"
        "1,C1,2026-01-02,paid,5.50,a@x.org\n"
        "2,C2,2026-02-02,paid,6.50,b@x.org\n",
    )
    entities = project.entities(project.connect("shop", folder))
    assert entities["customers"].table == "customers"
    assert [row["source_customer_id"] for row in project.staged("shop", "orders")] == ["C1", "C2"]
