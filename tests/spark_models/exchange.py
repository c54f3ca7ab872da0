"""Rows that pass between DuckDB and Spark as Parquet files."""

from __future__ import annotations

from pathlib import Path

import duckdb
from pyspark.sql import DataFrame
from pyspark.sql.types import NullType

from spark.dialect import types

_WRITTEN = {types.HUGEINT: "decimal(38,0)", "JSON": "varchar", "UUID": "varchar"}
_INFINITE = {
    types.DATE: (types.PAST_DATE, types.INFINITE_DATE),
    types.TIMESTAMP: (types.PAST_TIMESTAMP, types.INFINITE_TIMESTAMP),
    types.TIMESTAMPTZ: (f"{types.PAST_TIMESTAMP}+00", f"{types.INFINITE_TIMESTAMP}+00"),
}


def write_for_spark(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a query's rows, in types and times that Spark has."""
    columns = con.sql(query)
    written = ", ".join(
        _written(name, str(kind)) for name, kind in zip(columns.columns, columns.types, strict=True)
    )
    con.execute(f"copy (select {written} from ({query})) to '{path}' (format parquet)")


def _written(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind in _INFINITE:
        past, future = _INFINITE[kind]
        kept = f"case {quoted} when 'infinity' then '{future}' when '-infinity' then '{past}'"
        return f"{kept} else {quoted} end::{kind} as {quoted}"
    return f"{quoted}::{_WRITTEN[kind]} as {quoted}" if kind in _WRITTEN else quoted


def read_from_spark(frame: DataFrame, folder: Path) -> str:
    """Write Spark's rows, and return DuckDB's source of them."""
    for field in frame.schema.fields:
        if isinstance(field.dataType, NullType):
            frame = frame.withColumn(field.name, frame[field.name].cast("string"))
    frame.coalesce(1).write.mode("overwrite").parquet(str(folder))
    return f"read_parquet('{folder}/*.parquet')"
