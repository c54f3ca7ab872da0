"""Texts in both engines."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines

TEXTS = """
    select * from (values
        (1, ' Kelp, forest ', 1234567, 2.675::double, 'e'),
        (2, 'a''b\\c%_$1', -1, -0.125, 'b'),
        (3, '', 0, 1234.5, ''),
        (4, 'Łódź 漢字 😀', 7, 0.5, '漢'),
        (5, null, null, null, null)
    ) as t(row_no, t, n, x, p)
"""


def test_texts_agree(engines: Engines) -> None:
    engines.table("texts", TEXTS)
    engines.assert_same_columns(
        "texts",
        [
            "t || n", "n || '-' || t", "concat(t, n, null)", "concat_ws('/', t, n, p)",
            "left(t, 2)",
            "right(t, 3)", "substring(t, 2, 3)", "substring(t, 2)", "split_part(t, ',', 2)",
            "split_part(t, ' ', -1)", "string_split(t, '$')", "lpad(t, 4, '*')", "rpad(t, 20, '.')",
            "t || chr(10)", "strpos(t, p)", "t like '%e%'", "t not like '_'", "trim(t)", "ltrim(t)",
            "rtrim(t, ' t')", "md5(t)", "sha256(t)", "upper(t)", "lower(t)", "replace(t, 'e', 'E')",
            "translate(t, 'el', 'x')", "starts_with(t, 'a')", "contains(t, p)", "length(t)",
            "format('{:,}', n)", "format('{} of {:,}', t, n)", "printf('%.2f', x)",
            "printf('%d: %s', n, t)", "printf('%05d', n)", "t < p", "e'\\t' || t",
            "md5_number_lower(t) % 97", "cast(md5_number(t) % 12 as integer)",
            "substring(t, strpos(t, ',') + 1)",
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    "sql",
    ["left(t, -1)", "substring(t, 0)", "printf('%x', 1)", "t like 'a\\%'", "strip_accents(t)"],
)
def test_other_texts_are_refused(sql: str) -> None:
    con = duckdb.connect()
    con.execute("create table texts (t varchar)")
    with pytest.raises(UnsupportedConstructError):
        to_spark(f"select {sql} as x from texts", con)
