"""`unnest` and `range` in both engines."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines

LISTS = "select * from (values (1, [1, 2, null]), (2, []), (3, null), (4, [7])) as t(row_no, l)"


def test_elements_become_rows(engines: Engines) -> None:
    engines.table("lists", LISTS)
    engines.assert_same(
        "select row_no * 100 + coalesce(e, 0) as k, e"
        " from (select row_no, unnest(l) as e from lists)"
    )
    engines.assert_same(
        "select e as k from (select cast(unnest(range(1, 4)) as integer) * 10 + 1 as e)"
    )


def test_a_range_is_a_table(engines: Engines) -> None:
    engines.table("lists", LISTS)
    engines.assert_same("select n, n * 2 as twice from range(0, 4) as numbers(n)")
    engines.assert_same(
        "select lists.row_no * 10 + numbers.range as k from lists cross join range(2) as numbers"
    )


def test_two_lists_at_once_are_refused() -> None:
    con = duckdb.connect()
    con.execute("create table lists (l integer[])")
    with pytest.raises(UnsupportedConstructError, match="unnest"):
        to_spark("select unnest(l) as a, unnest(l) as b from lists", con)
