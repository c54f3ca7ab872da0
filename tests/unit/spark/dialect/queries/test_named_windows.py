"""Windows that refine a named window, in both engines."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines
from tests.unit.spark.dialect.queries.shop import ORDERS


def test_a_window_takes_the_parts_of_the_one_that_it_names(engines: Engines) -> None:
    engines.table("orders", ORDERS)
    engines.assert_same(
        "select order_no, sum(amount) over (of_customer order by day) as so_far,"
        " count(*) over of_customer as orders, max(amount) over (of_customer) as highest"
        " from orders window of_customer as (partition by customer)"
    )
