"""Variables of a connection, whose values a translated statement has."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines
from tests.unit.spark.dialect.queries.shop import ORDERS


def test_a_variable_is_its_value_and_null_where_none_is_set(engines: Engines) -> None:
    engines.table("orders", ORDERS)
    engines.duckdb.execute("set variable first_no = 3")
    engines.duckdb.execute("set variable first_day = (select max(day) from orders)")
    engines.assert_same(
        "select order_no, getvariable('first_day') as first_day from orders"
        " where order_no >= getvariable('first_no')"
        " and day <= coalesce(getvariable('last_day'), date '9999-12-31')"
    )
    engines.assert_same(
        "select order_no from orders"
        " where day between coalesce(getvariable('none'), date '0001-01-01')"
        " and getvariable('first_day')"
    )
