"""`asof join` in both engines."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines
from tests.unit.spark.dialect.queries.shop import ORDERS, PRICES


def test_the_nearest_earlier_row_is_joined(engines: Engines) -> None:
    engines.table("orders", ORDERS)
    engines.table("prices", PRICES)
    for kind in ("asof join", "asof left join"):
        engines.assert_same(
            f"select o.order_no, p.price, p.valid_from from orders as o {kind} prices as p"
            " on o.customer = p.customer and o.day >= p.valid_from"
        )
