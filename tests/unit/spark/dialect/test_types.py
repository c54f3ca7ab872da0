"""Types of DuckDB and of Spark."""

from __future__ import annotations

import pytest

from spark.dialect import UnsupportedConstructError, types


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HUGEINT", "decimal(38,0)"),
        ("TIMESTAMP", "timestamp_ntz"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp_ltz"),
        ("DECIMAL(18,2)", "decimal(18,2)"),
        ("VARCHAR[]", "array<string>"),
        ("FLOAT[3]", "array<float>"),
        ("DECIMAL(9,2)[][]", "array<array<decimal(9,2)>>"),
    ],
)
def test_each_type_has_one_of_spark(name: str, expected: str) -> None:
    assert types.spark_type(name) == expected


def test_a_type_without_one_is_named() -> None:
    with pytest.raises(UnsupportedConstructError, match="BLOB"):
        types.spark_type("BLOB")


def test_the_shape_of_what_is_no_decimal_is_an_error() -> None:
    with pytest.raises(ValueError, match="DOUBLE"):
        types.decimal_shape("DOUBLE")
