"""Rows and JSON in both engines."""

from __future__ import annotations

from tests.unit.spark.dialect.engines import Engines

NESTED = """
    select * from (values
        (1, '{"a": "x", "b": {"c": 1}}', 'a "quoted" \\ text'),
        (2, '{"a": null}', 'né' || chr(10)),
        (3, 'no json', ''),
        (4, null, null)
    ) as t(row_no, j, s)
"""


def test_json_and_rows_agree(engines: Engines) -> None:
    engines.table("nested", NESTED)
    engines.assert_same_columns(
        "nested",
        [
            "json_valid(j)", "case when json_valid(j) then j ->> '$.a' end",
            "case when json_valid(j) then j ->> '$.b.c' end", "typeof(s)", "{'p': row_no}['p']",
            "row(row_no, s) = row(1, s)", "to_json(s)::varchar",
        ],
    )  # fmt: skip


def test_distinct_rows_are_counted(engines: Engines) -> None:
    engines.table("nested", NESTED)
    engines.assert_same("select 1 as k, count(distinct row(j, s)) as n from nested")
