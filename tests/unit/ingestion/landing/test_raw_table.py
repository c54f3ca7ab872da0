from __future__ import annotations

from tests.unit.ingestion.conftest import ORDERS, Shop


def test_a_new_column_is_added_and_a_missing_one_is_null(shop: Shop) -> None:
    shop.deliver("orders_2026-06-16.csv", "order_no,amount,old\n1,5,a\n")
    shop.deliver("orders_2026-06-17.csv", "amount,new,ORDER_NO\n6,b,2\n")
    shop.extract("2026-06-17")
    assert shop.query("select order_no, amount, old, new from raw_shop.orders order by 1") == [
        ("1", "5", "a", None),
        ("2", "6", None, "b"),
    ]


def test_a_table_without_files_has_the_configured_columns(shop: Shop) -> None:
    shop.tables = {"orders": {**ORDERS, "optional": True}}
    report = shop.extract("2026-06-16")["orders"]
    assert (report.files_loaded, report.rows, report.latest_drop) == (0, 0, None)
    assert shop.query("select order_no, amount, _row from raw_shop.orders") == []
