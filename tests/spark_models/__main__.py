"""Report of every compiled model: equal, different or not translated."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import sqlglot
from pyspark.sql import SparkSession
from sqlglot import exp

from spark.dialect import UnsupportedConstructError, to_spark
from tests.spark_models.comparison import compare
from tests.spark_models.compiled import compiled_models
from tests.spark_models.exchange import read_from_spark, write_for_spark
from tests.spark_models.session import local_session


class Report:
    """Both engines, with the relations that Spark has been given."""

    def __init__(self, home: Path, folder: Path) -> None:
        self._con = duckdb.connect()
        self._con.execute("set TimeZone = 'UTC'")
        self._con.execute(f"attach '{home / 'warehouse.duckdb'}' as warehouse (read_only)")
        self._con.execute("use warehouse")
        self._folder = folder
        self._spark: SparkSession = local_session(folder, cores=2, memory="3g")
        self._given: set[str] = set()

    def line(self, name: str, sql: str) -> str:
        """The model's outcome in a line."""
        try:
            translated = to_spark(sql, self._con)
        except UnsupportedConstructError as error:
            return f"not translated  {name}: {error}"
        try:
            for table in sqlglot.parse_one(translated, read="spark").find_all(exp.Table):
                if table.db:
                    self._give(table.db, table.name)
            begun = time.monotonic()
            actual = read_from_spark(self._spark.sql(translated), self._folder / "result")
            seconds = time.monotonic() - begun
            found = compare(self._con, sql, f"select * from {actual}")
        except Exception as error:
            return f"failed          {name}: {' '.join(str(error).split())[:400]}"
        if found.is_equal:
            return f"equal           {name}: {found.rows} rows, {seconds:.1f} s"
        counts = f"{found.duckdb} of {found.rows} rows of DuckDB, {found.spark} of Spark alone"
        return f"differs         {name}: {counts}; {found.example[:400]}"

    def _give(self, schema: str, name: str) -> None:
        key = f"`{schema}`.`{name}`"
        if key in self._given:
            return
        path = self._folder / f"{schema}.{name}.parquet"
        write_for_spark(self._con, f'select * from "{schema}"."{name}"', path)
        self._spark.sql(f"create database if not exists `{schema}`")
        self._spark.sql(f"create table {key} using parquet location '{path}'")
        self._given.add(key)


def main() -> None:
    """Print a line a model, and the sums."""
    home, chosen = Path(sys.argv[1]), sys.argv[2:]
    folder = Path(tempfile.mkdtemp(prefix="spark_models_"))
    outcomes: dict[str, int] = {}
    try:
        report = Report(home, folder)
        for name, sql in compiled_models(home).items():
            if chosen and name not in chosen:
                continue
            line = report.line(name, sql)
            print(line, flush=True)  # noqa: T201
            outcome = line[:16].strip()
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(outcomes)  # noqa: T201


if __name__ == "__main__":
    main()
