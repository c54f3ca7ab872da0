"""Unions by name in both engines."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines
from tests.unit.spark.dialect.queries.shop import ORDERS, PRICES


def test_columns_are_matched_by_name_and_missing_ones_are_null(engines: Engines) -> None:
    engines.table("orders", ORDERS)
    engines.table("prices", PRICES)
    engines.assert_same(
        "with u as (select null as price, null as order_no where false"
        " union all by name select order_no, customer, amount from orders"
        " union all by name select price, customer, 100 + price as order_no from prices)"
        " select order_no, customer, price, amount from u"
    )
