from __future__ import annotations

import yaml

from tests.unit.ingestion.connect.conftest import Deliver, Project, columns_of

EXPORT = (
    "Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Refunded Amount,Id\n"
    "#1,a@x.org,paid,2026-04-01 10:00:00 +0200,EUR,45.00,2026-04-01 09:00:00 +0200,1,Tea,20.00,,T1,"
    "0.00,501\n"
    "#1,a@x.org,,,,,2026-04-01 09:00:00 +0200,1,Cup,25.00,30.00,C1,,\n"
    "#2,b@x.org,pending,,EUR,20.00,2026-04-02 09:00:00 +0200,1,Tea,20.00,,T1,0.00,502\n"
    "#3,c@x.org,refunded,2026-04-03 10:00:00 +0200,EUR,25.00,2026-04-03 09:00:00 +0200,1,Cup,25.00,"
    "30.00,C1,25.00,503\n"
)


def test_columns_are_of_the_order_or_of_the_line(project: Project, deliver: Deliver) -> None:
    connection = project.connect("shop", deliver("orders_export.csv", EXPORT))
    entities = project.entities(connection)
    orders = columns_of(entities["orders"])
    # Each line repeats the time of creation, which an unpaid order has too.
    assert (orders["source_order_id"], orders["ordered_at"]) == ("Name", "Created at")
    assert (orders["net_amount"], orders["refunded_amount"]) == ("Total", "Refunded Amount")
    assert "is Paid at better?" in str(entities["orders"].columns["ordered_at"].questions)
    lines = columns_of(entities["order_lines"])
    assert {name: lines[name] for name in ("product_id", "product_name", "unit_price")} == {
        "product_id": "Lineitem sku",
        "product_name": "Lineitem name",
        "unit_price": "Lineitem price",
    }
    config = yaml.safe_load(project.config.read_text())
    table = config["sources"]["shop"]["tables"]["orders_export"]
    assert sorted(table["provides"]) == ["customers", "order_lines", "orders"]
    assert "which are the key?" not in project.config.read_text()


def test_a_second_delivery_of_an_order_is_a_version_and_no_further_line(
    project: Project, deliver: Deliver
) -> None:
    deliver("orders_2026-04-03.csv", EXPORT)
    folder = deliver("orders_2026-04-04.csv", EXPORT)
    project.connect("shop", folder)
    orders = project.staged("shop", "orders")
    assert len(orders) == 6
    assert {row["_load_id"] for row in orders} == {1, 2}
    lines = project.staged("shop", "order_lines")
    assert {row["source_order_line_id"] for row in lines} == {"#1-1", "#1-2", "#2-1", "#3-1"}
