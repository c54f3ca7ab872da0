"""Branches by the type of a column."""

from __future__ import annotations

import duckdb

from spark.dialect import to_spark

CASE = "case typeof(x) when 'DATE' then 1 when 'VARCHAR' then length(cast(x as varchar)) else 3 end"


def translated(kind: str) -> str:
    con = duckdb.connect()
    con.execute(f"create table t (x {kind})")
    return to_spark(f"select {CASE} as y from t", con)


def test_only_the_branch_of_the_type_stays() -> None:
    assert "CHAR_LENGTH" in translated("varchar")
    for kind, value in (("date", "1"), ("integer", "3")):
        assert "CASE" not in translated(kind)
        assert f"{value} AS `y`" in translated(kind).replace("(", "").replace(")", "")
