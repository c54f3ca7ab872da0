"""`qualify` in both engines."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines
from tests.unit.spark.dialect.queries.shop import ORDERS


def test_rows_are_chosen_by_a_window(engines: Engines) -> None:
    engines.table("orders", ORDERS)
    engines.assert_same(
        "with latest as (select *, amount * 2 as twice from orders where amount is not null"
        " qualify row_number() over (partition by customer order by day desc) = 1)"
        " select * from latest"
    )
    engines.assert_same(
        "select order_no, count(*) over (partition by customer) as n from orders qualify n > 1"
    )


def test_a_limit_beside_it_is_refused() -> None:
    con = duckdb.connect()
    con.execute("create table t (a integer)")
    with pytest.raises(UnsupportedConstructError, match="qualify"):
        to_spark("select a from t qualify row_number() over (order by a) = 1 limit 3", con)
