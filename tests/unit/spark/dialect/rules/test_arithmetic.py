"""Operators on numbers in both engines, with nulls, zeros and negative numbers."""

from __future__ import annotations

import duckdb
import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines

NUMBERS = """
    select * from (values
        (1, 7, -3, 2.5::double, 1.1::float, 10.25::decimal(18,2), 0.1234567::decimal(18,7)),
        (2, -7, 2, -0.5, 0.1, -3.75, 0.5),
        (3, 0, 0, 0.0, 0.0, 0.00, 0),
        (4, null, null, null, null, null, null),
        (5, 5, 0, 'infinity', 'nan', 99999.99, -1)
    ) as t(row_no, a, b, x, f, m, n)
"""


def test_operators_on_numbers_give_the_same_values(engines: Engines) -> None:
    engines.table("numbers", NUMBERS)
    engines.assert_same_columns(
        "numbers",
        [
            "a + b", "a - x", "a * m", "m * m", "n * x", "m + n", "f + 0.1", "f * a", "f - x",
            "a / b", "m / 4", "m / nullif(a, 0)", "x / b", "f / f", "a // b", "a % b",
            "a // 2", "a % 2", "x % 2", "(a::hugeint * 1000000007) // 3", "a::hugeint % 5",
            "f = 1.1", "f > 0.1", "f <= 0.1", "coalesce(f, 0.1)", "greatest(f, 0.2)",
            "least(a, x)", "greatest(a, b, null)", "case when a > 0 then f else 0.3 end",
            "a is not distinct from b", "a between b and 7", "-a", "abs(m)", "sum(a) over ()",
        ],
    )  # fmt: skip


def test_a_division_that_is_no_number_is_refused(engines: Engines) -> None:
    engines.duckdb.execute("create table spans (row_no integer, t interval)")
    with pytest.raises(UnsupportedConstructError, match="INTERVAL"):
        to_spark("select t / 2 from spans", engines.duckdb)


def test_floating_point_numbers_are_not_divided_whole() -> None:
    con = duckdb.connect()
    con.execute("create table numbers (x double)")
    with pytest.raises(UnsupportedConstructError, match="//"):
        to_spark("select x // 2 from numbers", con)
