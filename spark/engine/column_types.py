"""Spark's types of columns that have a DuckDB type."""

from __future__ import annotations

import re

# Whole numbers of 128 bits are decimals, which hold the 38 digits that the project uses.
_DECIMAL = "DECIMAL(38,0)"
_SPARK = {
    "HUGEINT": _DECIMAL, "UHUGEINT": _DECIMAL, "UBIGINT": "DECIMAL(20,0)", "UINTEGER": "BIGINT",
    "USMALLINT": "INT", "UTINYINT": "SMALLINT", "VARCHAR": "STRING", "JSON": "STRING",
    "UUID": "STRING", "BLOB": "BINARY", "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP", "INTEGER": "INT",
}  # fmt: skip
_SAME = {"BOOLEAN", "TINYINT", "SMALLINT", "BIGINT", "FLOAT", "DOUBLE", "DATE"}
# Types that DuckDB writes into Parquet as something that Spark reads as another type.
_IN_PARQUET = {"HUGEINT": _DECIMAL, "UHUGEINT": _DECIMAL, "UBIGINT": "DECIMAL(20,0)"}


def spark_type(kind: str) -> str:
    """Spark's name of the type that holds the values of a DuckDB type.

    Raises:
        ValueError: Spark has none, such as for a time of day or a nested type.
    """
    if kind.endswith("[]"):
        return f"ARRAY<{spark_type(kind[:-2])}>"
    if kind in _SPARK:
        return _SPARK[kind]
    if kind in _SAME or re.fullmatch(r"DECIMAL\(\d+,\d+\)", kind):
        return kind
    raise ValueError(f"Spark has no type for DuckDB's {kind}")


def parquet_type(kind: str) -> str:
    """The DuckDB type as which a column is written to Parquet for Spark."""
    if kind.endswith("[]"):
        return f"{parquet_type(kind[:-2])}[]"
    return _IN_PARQUET.get(kind, kind)
