from __future__ import annotations

from tests.unit.ingestion.connect.conftest import (
    Deliver,
    Project,
    shop_with_a_customer_per_order,
)


def test_a_redelivered_payment_is_summed_once_in_its_newest_version(
    project: Project, deliver: Deliver
) -> None:
    folder = shop_with_a_customer_per_order(deliver)
    payments = folder / "order_payments.csv"
    newer = payments.read_text().replace(",3.50\n", ",5.50\n")
    payments.rename(folder / "order_payments_2025-02-01.csv")
    deliver("order_payments_2025-02-02.csv", newer)
    project.connect("shop", folder)
    amounts = {
        row["source_order_id"]: row["net_amount"] for row in project.staged("shop", "orders")
    }
    assert sum(amounts.values()) == 7202
    assert amounts["o001b"] == 2.5 + 5.5


def test_the_newest_version_of_a_row_is_joined_from_a_table_named_as_a_keyword(
    project: Project, deliver: Deliver
) -> None:
    for day, category in (("2025-02-01", "coffee"), ("2025-02-02", "tea")):
        rows = "".join(f"G{n},{category}\n" for n in range(20))
        deliver(f"group_{day}.csv", "group_id,category\n" + rows)
    folder = deliver(
        "order_items.csv",
        "order_id,item_no,product_id,group_id,price\n"
        + "".join(f"{n // 2},{n % 2},P{n % 20},G{n % 20},1.5\n" for n in range(60)),
    )
    project.connect("shop", folder)
    text = (project.staging("shop") / "stg_shop__order_lines.sql").read_text()
    assert "left join group_rows on source.group_id = group_rows.group_id" in text
    assert {row["category"] for row in project.staged("shop", "order_lines")} == {"tea"}
