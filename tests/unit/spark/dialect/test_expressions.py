"""Rules and the list of constructs without one."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark


@pytest.mark.parametrize(
    ("sql", "construct"),
    [
        ("select hash(a) as x from t", "hash"),
        ("select a from t using sample 3", "(?i)sample"),
        ("select distinct on (a) a, b from t", "Distinct"),
        ("select x.a from t as x positional join t as y", "(?i)join"),
        ("select date_trunc('month', b) + b as x from t", "Add|\\+"),
        ("with recursive r as (select 1 as n union all select n + 1 from r) from r", "recursive"),
        ("pivot t on a using sum(a)", "(?i)pivot|statement|table"),
        ("select sum(a) over (order by b groups 1 preceding) as x from t", "WindowSpec"),
    ],
)
def test_what_has_no_translation_is_named(sql: str, construct: str) -> None:
    con = duckdb.connect()
    con.execute("create table t (a integer, b date)")
    with pytest.raises(UnsupportedConstructError, match=construct):
        to_spark(sql, con)
