from __future__ import annotations

from tests.unit.ingestion.connect.conftest import (
    Deliver,
    Project,
    columns_of,
    shop_with_a_customer_per_order,
)


def test_a_customer_is_looked_up_in_a_referenced_table(project: Project, deliver: Deliver) -> None:
    deliver("clients.csv", "client_id,email\n" + "".join(f"C{n},c{n}@x.org\n" for n in range(30)))
    deliver(
        "contracts.csv",
        "contract_id,client_id,start_date,end_date,mrr\n"
        + "".join(f"K{n},C{n % 30},2025-01-{n % 28 + 1:02},,9.5\n" for n in range(60)),
    )
    folder = deliver(
        "usage.csv",
        "usage_id,contract_id,usage_date,event_type\n"
        + "".join(f"U{n},K{n % 60},2025-03-{n % 28 + 1:02},session\n" for n in range(90)),
    )
    entities = project.entities(project.connect("saas", folder))
    events = columns_of(entities["events"])
    assert events["source_customer_id"] == ("contract_id", "contracts.client_id")
    assert {row["source_customer_id"] for row in project.staged("saas", "events")} == {
        f"C{n}" for n in range(30)
    }


def test_a_customer_id_with_one_order_each_is_questioned(
    project: Project, deliver: Deliver
) -> None:
    folder = shop_with_a_customer_per_order(deliver)
    entities = project.entities(project.connect("shop", folder))
    assert columns_of(entities["orders"])["source_customer_id"] == (
        "customer_id",
        "customers.customer_unique_id",
    )
    assert "is customers.customer_unique_id the person?" in str(
        entities["orders"].columns["source_customer_id"].questions
    )
    assert len({row["source_customer_id"] for row in project.staged("shop", "orders")}) == 50


def test_ids_that_are_not_in_the_customers_table_are_questioned(
    project: Project, deliver: Deliver
) -> None:
    deliver(
        "customers.csv", "customer_no,email\n" + "".join(f"C{n},c{n}@x.org\n" for n in range(30))
    )
    folder = deliver(
        "orders.csv",
        "order_no,customer_no,ordered_at,total\n"
        + "".join(f"{n},K{n % 30},2025-01-{n % 28 + 1:02},{n}.5\n" for n in range(60)),
    )
    orders = project.entities(project.connect("shop", folder))["orders"]
    assert "0 of 60 rows of orders find a customer" in str(
        orders.columns["source_customer_id"].questions
    )
