"""Spark's types of columns that have a DuckDB type."""

from __future__ import annotations

import re

from spark.scalar_types import INTEGERS, OTHERS, WIDEST

_SPARK = {**INTEGERS, **OTHERS, "UHUGEINT": WIDEST, "BLOB": "binary"}
# Types that DuckDB writes into Parquet as something that Spark reads as another type.
_IN_PARQUET = {name: _SPARK[name].upper() for name in ("HUGEINT", "UHUGEINT", "UBIGINT")}


def spark_type(kind: str) -> str:
    """Spark's name of the type that holds the values of a DuckDB type.

    Raises:
        ValueError: Spark has none, such as for a time of day or a nested type.
    """
    if kind.endswith("[]"):
        return f"ARRAY<{spark_type(kind[:-2])}>"
    if kind in _SPARK:
        return _SPARK[kind].upper()
    if re.fullmatch(r"DECIMAL\(\d+,\d+\)", kind):
        return kind
    raise ValueError(f"Spark has no type for DuckDB's {kind}")


def parquet_type(kind: str) -> str:
    """The DuckDB type as which a column is written to Parquet for Spark."""
    if kind.endswith("[]"):
        return f"{parquet_type(kind[:-2])}[]"
    return _IN_PARQUET.get(kind, kind)
