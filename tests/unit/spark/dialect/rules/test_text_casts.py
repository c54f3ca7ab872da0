"""Texts read as numbers and times, and written, in both engines."""

from __future__ import annotations

import pytest

from spark.dialect import UnsupportedConstructError, to_spark
from tests.unit.spark.dialect.engines import Engines

NUMBERS = [
    "12", "12.5", "-12.5", "1e3", "1_000", " 12 ", "+5", "12.", ".5", "12abc", "", "-", "1,5",
    "99999999999", "1.9999999999999999999", "0.49999999999", "inf", "-Infinity", "nan", "1.5d",
    "1.5f", "1e400", "true", "T", " true ", "no", "2", "1 .5", "\t7\n",
]  # fmt: skip
TIMES = [
    "2024-01-31", "2024-1-5", "2024/01/31", "2024-01-31 10:00:00", "2024-01-31T10:00:00Z",
    "20240131", "2024-01", "2024", " 2024-01-31 ", "2024-02-30", "2024-01-31x", "2024-01-311",
    "2024-01/31", "2024-01-31 10:00:00.5", "2024-01-31 25:00:00", "2024-01-31 10:00",
    "2024-01-31 10", "2024-01-31 10:00:00+02", "2024-01-31 10:00:00-01:30", "2024-1-5 1:2:3",
    "2024-01-31 10:00:00 UTC", "2024-01-31  10:00:00", "2024-01-31t10:00:00", "0001-01-01",
    "2024-01-31T10:00:00.123456789", "2024-01-31 10:00:60", "2024.01.31", "", "yesterday",
]  # fmt: skip
DOUBLES = [
    "0", "-0.0", "1", "1.5", "-2.25", "1234567", "12345678.5", "1e15", "1e16", "1.5e20", "0.001",
    "0.0001", "0.00012345678901234567", "0.00001", "1e-300", "1.7976931348623157e308", "0.1",
    "123456789012.125", "inf", "-inf", "nan",
]  # fmt: skip


def _table(engines: Engines, values: list[str]) -> None:
    texts = ", ".join(f"'{each}'" for each in values)
    engines.table(
        "texts",
        f"select unnest(range({len(values) + 1})) as row_no, unnest([{texts}, null]) as t",
    )


def test_texts_are_read_as_the_same_numbers(engines: Engines) -> None:
    _table(engines, NUMBERS)
    kinds = ("integer", "bigint", "double", "float", "decimal(10,2)", "boolean", "varchar")
    engines.assert_same_columns("texts", [f"try_cast(t as {kind})" for kind in kinds])


def test_texts_are_read_as_the_same_times(engines: Engines) -> None:
    _table(engines, TIMES)
    zoned = "timezone('UTC', try_cast(t as timestamp with time zone))"
    engines.assert_same_columns("texts", ["try_cast(t as date)", "try_cast(t as timestamp)", zoned])


def test_doubles_are_written_as_the_same_texts(engines: Engines) -> None:
    _table(engines, DOUBLES)
    engines.assert_same_columns("texts", ["cast(try_cast(t as double) as varchar)"])


def test_a_text_that_must_be_a_number_is_an_error_in_both(engines: Engines) -> None:
    _table(engines, ["1", "two"])
    with pytest.raises(Exception, match="CAST_INVALID_INPUT"):
        engines.in_spark("select row_no, cast(t as integer) as n from texts")


def test_a_list_is_not_written_as_text(engines: Engines) -> None:
    engines.duckdb.execute("create table lists (l integer[])")
    with pytest.raises(UnsupportedConstructError, match="INTEGER"):
        to_spark("select cast(l as varchar) as t from lists", engines.duckdb)
