"""Lists in both engines: empty ones, null ones, and those with nulls."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines

LISTS = """
    select * from (values
        (1, [3, 1, 2], ['b', 'a'], [1.5::double, 2.5], 2, date '2024-01-30'),
        (2, [null, 5, 5], ['x', null], [0.0, 0.0], -1, date '2024-02-28'),
        (3, [], [], [3.0, 4.0], 0, date '2024-12-31'),
        (4, null, null, null, null, null)
    ) as t(row_no, l, s, v, i, d)
"""


def test_lists_agree(engines: Engines) -> None:
    engines.table("lists", LISTS)
    engines.assert_same_columns(
        "lists",
        [
            "l[1]", "l[-1]", "l[4]", "l[i]", "len(l)", "len(s)", "list_contains(l, 5)",
            "list_contains(l, i)", "list_concat(l, [9])", "list_concat(l, null)", "list_sort(l)",
            "list_sort(list_distinct(l))", "list_max(l)", "list_min(l)", "array_to_string(s, ',')",
            "list_position(l, 5)", "list_sum(l)", "list_sum(v)", "list_distance(v, [0.0, 0.0])",
            "list_transform(l, lambda x: x * 2)", "list_filter(l, lambda x: x > 2)", "[i, 1]",
            "[]::integer[]", "flatten([l, [7]])", "list_has_all(l, [5])", "range(i)",
            "generate_series(1, i)", "range(d, d + 3, interval 1 day)", "[row_no]",
            "list_transform([l], lambda x: x[1] + len(x))[1]",
        ],
    )  # fmt: skip


@pytest.mark.parametrize("sql", ["l[1:2]", "range(1, 9, 2)", "list_reduce(l, lambda a, b: a + b)"])
def test_other_functions_of_lists_are_refused(sql: str) -> None:
    con = duckdb.connect()
    con.execute("create table lists (l integer[])")
    with pytest.raises(UnsupportedConstructError):
        to_spark(f"select {sql} as x from lists", con)
