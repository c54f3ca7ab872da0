"""Semi and anti joins in both engines."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines
from tests.unit.spark.dialect.queries.shop import ORDERS, PRICES


def test_rows_with_and_without_a_partner_are_kept(engines: Engines) -> None:
    engines.table("orders", ORDERS)
    engines.table("prices", PRICES)
    for kind in ("semi", "anti"):
        engines.assert_same(
            f"select order_no, customer from orders {kind} join prices using (customer)"
        )
        engines.assert_same(
            f"select o.order_no from orders as o {kind} join prices as p"
            " on o.customer = p.customer and p.valid_from > o.day where o.order_no < 4"
        )
