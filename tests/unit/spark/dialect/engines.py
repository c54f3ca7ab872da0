"""A DuckDB and a Spark with the same small tables."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from spark.dialect import to_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession as Session
else:
    # Tests without Spark are collected where it is not installed.
    Session = object

Row = tuple[object, ...]


class Engines:
    """Both engines; the first column of every statement is its key."""

    def __init__(self, spark: Session, folder: Path) -> None:
        self.duckdb = duckdb.connect()
        self.duckdb.execute("set TimeZone = 'UTC'")
        self._spark = spark
        self._folder = folder

    def table(self, name: str, query: str) -> None:
        """Create a table in both engines from a query of DuckDB."""
        from tests.spark_models.exchange import write_for_spark

        self.duckdb.execute(f"create or replace table {name} as {query}")
        path = self._folder / f"{uuid.uuid4().hex}.parquet"
        write_for_spark(self.duckdb, f"select * from {name}", path)
        self._spark.read.parquet(str(path)).createOrReplaceTempView(name)

    def rows(self, sql: str) -> tuple[list[Row], list[Row]]:
        """Rows of a statement in DuckDB, and those of its translation in Spark."""
        own = self.duckdb.execute(sql).fetchall()
        return sorted(own, key=_key), sorted(self.in_spark(sql), key=_key)

    def in_spark(self, sql: str) -> list[Row]:
        """Rows of a statement's translation in Spark."""
        return [tuple(row) for row in self._spark.sql(to_spark(sql, self.duckdb)).collect()]

    def assert_same(self, sql: str) -> None:
        """Require equal rows, floating-point numbers to 1e-9."""
        own, other = self.rows(sql)
        different = [
            f"{row} in DuckDB, {translated} in Spark"
            for row, translated in zip(own, other, strict=True)
            if not all(map(is_same, row, translated))
        ]
        assert not different, "\n".join(different)

    def assert_same_columns(self, table: str, expressions: Sequence[str]) -> None:
        """Require equal values of many expressions, in one statement, for each row of a table."""
        columns = ", ".join(f"{each} as c{place}" for place, each in enumerate(expressions))
        own, other = self.rows(f"select row_no, {columns} from {table}")
        different = [
            f"{expression}, row {row[0]}: DuckDB {row[place]!r}, Spark {translated[place]!r}"
            for row, translated in zip(own, other, strict=True)
            for place, expression in enumerate(expressions, start=1)
            if not is_same(row[place], translated[place])
        ]
        assert not different, "\n".join(different)


def _key(row: Row) -> str:
    return repr(row[0])


def is_same(own: object, other: object) -> bool:
    """Test whether both are the same value, but for the last digits of a double."""
    if isinstance(own, float) and isinstance(other, float):
        both_nan = math.isnan(own) and math.isnan(other)
        return both_nan or own == other or math.isclose(own, other, rel_tol=1e-9)
    if isinstance(own, list) and isinstance(other, list):
        return len(own) == len(other) and all(map(is_same, own, other))
    return own == other
