from __future__ import annotations

import pytest

from ingestion.connect.connection import Connection
from ingestion.connect.profiling.entities import SCHEMAS
from tests.unit.ingestion.connect.conftest import Deliver, Project, columns_of

Demo = tuple[Project, dict[str, Connection]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "crm",
            {
                "customers": "customers",
                "touches": "touches",
                "consents": "preferences",
                "suppressions": "suppressions",
            },
        ),
        (
            "shop",
            {
                "customers": "accounts",
                "orders": "orders",
                "order_lines": "order_lines",
                "events": "events",
                "feedback": "reviews",
            },
        ),
        ("helpdesk", {"customers": "requesters", "tickets": "tickets", "feedback": "messages"}),
    ],
)
def test_the_tables_of_the_demo_company_are_matched(
    demo_company: Demo, source: str, expected: dict[str, str]
) -> None:
    _, connections = demo_company
    found = {each.entity: each.table for each in connections[source].proposal.entities}
    assert found == expected


def test_the_demo_shop_s_columns_are_matched_and_its_rows_staged(demo_company: Demo) -> None:
    project, connections = demo_company
    entities = project.entities(connections["shop"])
    orders = columns_of(entities["orders"])
    absent = {"payment_kind", "is_gift_card_sale", "credited_order_id"}
    same = [
        name
        for name in SCHEMAS["orders"].columns
        if not name.startswith("source_") and name not in absent
    ]
    assert {name: orders.get(name) for name in same} == {name: name for name in same}
    assert orders["source_order_id"] == "order_no"
    assert orders["source_customer_id"] == "account_no"
    assert columns_of(entities["order_lines"])["source_order_line_id"] == ("order_no", "line_no")
    rows = project.staged("shop", "orders")
    assert len(rows) > 500
    assert {row["status"] for row in rows} == {"completed", "open", "cancelled", "refunded"}
    assert all(row["_reject_reason"] is None for row in rows)


def test_a_second_table_of_an_entity_is_a_question_to_the_first(
    project: Project, deliver: Deliver
) -> None:
    rows = "".join(f"{n},C{n % 9},2025-01-{n % 28 + 1:02},paid,{n}.50\n" for n in range(40))
    deliver("orders.csv", "order_no,customer_no,ordered_at,status,total\n" + rows)
    folder = deliver(
        "bestellungen.csv",
        "order_no,customer_no,ordered_at\n"
        + "".join(f"X{n},C{n % 9},2024-01-{n % 28 + 1:02}\n" for n in range(40)),
    )
    orders = project.entities(project.connect("shop", folder))["orders"]
    assert orders.table == "orders"
    assert "does bestellungen contain orders too" in str(orders.questions)
