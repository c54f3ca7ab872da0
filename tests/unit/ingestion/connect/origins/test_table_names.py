from __future__ import annotations

import pytest

from ingestion.connect.origins.table_names import (
    distinct_name,
    normalised,
    raw_table_name,
    table_names,
)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Customer ID", "customer_id"),
        ("customerId", "customer_id"),
        ("HTTPStatus", "http_status"),
        ("Straße", "strasse"),
        ("Número-Cliente", "numero_cliente"),
        (" 客户编号 ", "客户编号"),
    ],
)
def test_names_are_compared_without_case_accents_and_separators(written: str, plain: str) -> None:
    assert normalised(written) == plain


def test_words_that_all_file_names_share_are_left_out() -> None:
    assert table_names(["olist_orders_dataset.csv", "olist_order_items_dataset.csv"]) == {
        "olist_orders_dataset.csv": "orders",
        "olist_order_items_dataset.csv": "order_items",
    }
    assert table_names(["in/orders_{date}.csv"]) == {"in/orders_{date}.csv": "orders"}
    assert set(table_names(["a/orders.csv", "b/orders.csv"]).values()) == {"orders", "orders_2"}


def test_a_raw_table_s_name_is_ascii_and_begins_with_a_letter() -> None:
    assert raw_table_name("2024 Umsätze") == "table_2024_umsatze"
    assert raw_table_name("订单") == "table"
    assert distinct_name("orders", ["orders", "orders_2"]) == "orders_3"
