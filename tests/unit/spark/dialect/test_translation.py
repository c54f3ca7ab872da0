"""Whole statements."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute('create schema raw; create table raw.orders ("Order No" integer, a varchar)')
    return con


def test_tables_are_named_without_a_catalog_and_columns_quoted(
    con: duckdb.DuckDBPyConnection,
) -> None:
    translated = to_spark('select * from "memory"."raw"."orders"', con)
    assert "FROM `raw`.`orders` AS `orders`" in translated
    assert "`orders`.`Order No` AS `Order No`" in translated


def test_a_name_that_no_relation_has_is_an_error(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UnsupportedConstructError, match=r"name|column"):
        to_spark("select nothing from raw.orders", con)


def test_a_text_that_is_no_statement_is_an_error(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UnsupportedConstructError, match="statement"):
        to_spark("select from from", con)


def test_the_connection_is_left_as_it_was(con: duckdb.DuckDBPyConnection) -> None:
    tables = (
        "select table_name as name from duckdb_tables()"
        " union select view_name from duckdb_views() order by name"
    )
    before = con.sql(tables).fetchall()
    to_spark("with x as (select a from raw.orders) select a || 'b' as b from x", con)
    assert con.sql(tables).fetchall() == before


def test_a_concatenation_of_hundreds_of_texts_is_translated(
    con: duckdb.DuckDBPyConnection,
) -> None:
    parts = " || ".join(f"coalesce(a, '{number}')" for number in range(800))
    assert to_spark(f"select {parts} as a from raw.orders", con).count("COALESCE") == 800


def test_joins_groups_and_orders_agree(engines: Engines) -> None:
    engines.table("a", "select * from (values (1, 'x'), (2, 'y'), (3, null)) as t(k, v)")
    engines.table("b", "select * from (values (1, 10), (1, 20), (4, 40)) as t(k, n)")
    for kind in ("inner", "left", "full"):
        engines.assert_same(
            "select coalesce(k, -1) * 1000 + coalesce(n, 0) as key, k, v, n"
            f" from a {kind} join b using (k)"
        )
    engines.assert_same(
        "select v, sum(n) as total from a left join b using (k) group by all having count(*) > 0"
    )
    engines.assert_same(
        "select k, first_v from (select k, first_value(v) over (order by v desc) as first_v from a)"
    )
