from __future__ import annotations

import pytest

from spark.engine.column_types import parquet_type, spark_type


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("DECIMAL(18,4)", "DECIMAL(18,4)"),
        ("HUGEINT", "DECIMAL(38,0)"),
        ("INTEGER", "INT"),
        ("TIMESTAMP", "TIMESTAMP_NTZ"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP_LTZ"),
        ("VARCHAR[]", "ARRAY<STRING>"),
    ],
)
def test_a_type_of_duckdb_has_one_of_spark(kind: str, expected: str) -> None:
    assert spark_type(kind) == expected


def test_a_type_that_spark_lacks_is_named() -> None:
    with pytest.raises(ValueError, match="Spark has no type for DuckDB's INTERVAL"):
        spark_type("INTERVAL")


def test_wide_numbers_are_decimals_in_parquet() -> None:
    """DuckDB writes them as doubles otherwise, which lose digits."""
    assert parquet_type("HUGEINT") == "DECIMAL(38,0)"
    assert parquet_type("HUGEINT[]") == "DECIMAL(38,0)[]"
    assert parquet_type("BIGINT") == "BIGINT"
