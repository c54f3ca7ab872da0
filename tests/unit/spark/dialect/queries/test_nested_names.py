"""CTEs of the same names within each other, in both engines."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines
from tests.unit.spark.dialect.queries.shop import ORDERS


def test_a_name_means_the_innermost_cte(engines: Engines) -> None:
    engines.table("orders", ORDERS)
    engines.assert_same(
        "with a as (select order_no, 1 as step from orders),"
        " b as (with a as (select order_no, step + 10 as step from a),"
        "       c as (select order_no, step + 100 as step from a) select * from c),"
        " c as (select order_no, step from a)"
        " select b.order_no, b.step, c.step as other,"
        " (with a as (select max(step) as step from a) select step from a) as highest"
        " from b inner join c using (order_no)"
    )
