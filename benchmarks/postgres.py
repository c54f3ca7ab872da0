"""`python -m benchmarks.postgres URL`: speed and memory of loading a PostgreSQL table.

It makes tables of its own in the database that the URL names, and drops them. The bars: a million
customers at 80 % of the speed of COPY piped into DuckDB's CSV reader on the same machine, two
changed rows within 2 s beside the start of the process, ten million rows within 1 GiB.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from adbc_driver_postgresql import dbapi

from deployment.home import Home

PROJECT = Path(__file__).parent.parent
_MILLION = 1_000_000
# What a load needs, beside what DuckDB keeps of the blocks that it has written as long as it may.
_SMALL = "250MB"
_DAY = date(2026, 6, 1)
_URL = "HOLDFAST_BENCHMARK_URL"
_CUSTOMERS = """
create unlogged table {table} as
select
    i as customer_no,
    'customer' || i || '@example.org' as email,
    '+49 170 ' || lpad(i::text, 7, '0') as phone,
    'Customer Number ' || i as name,
    timestamp '2020-01-01' + make_interval(secs => i * 37) as created,
    timestamptz '2020-01-01 00:00+00' + make_interval(secs => i * 16) as updated,
    1940 + i % 60 as birth_year,
    (array['DE', 'AT', 'CH'])[1 + i % 3] as country,
    'City ' || i % 500 as city,
    'search' as channel,
    'basic' as plan,
    i % 2 = 0 as marketing_consent,
    (i % 100000 / 7.0)::numeric(12, 2) as credit,
    'A' || i as shop_account
from generate_series(1, {rows}) as series (i)
"""


@dataclass(frozen=True)
class Figure:
    """One bar: what was found, and what was wanted."""

    what: str
    found: float
    bar: str
    is_met: bool


def main(
    url: Annotated[str, typer.Argument(help="A PostgreSQL database to make tables in.")],
    rows: Annotated[int, typer.Option(help="Customers of the tests of speed.")] = _MILLION,
    many: Annotated[int, typer.Option(help="Rows of the test of memory.")] = 10 * _MILLION,
    repeats: Annotated[int, typer.Option(help="Runs of each side, taking turns.")] = 3,
) -> None:
    """Measure, and print a section for RESULTS.md."""
    folder = Home.from_env().root / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    bench = _Bench(url, folder)
    try:
        bench.make("benchmark_customers", rows)
        copied = [bench.copied()]
        landed = [bench.landed("benchmark_customers", _DAY, anew=True)]
        for _ in range(1, repeats):
            landed.append(bench.landed("benchmark_customers", _DAY, anew=True))
            copied.append(bench.copied())
        bench.change_two()
        daily = bench.landed("benchmark_customers", date(2026, 6, 2))
        bench.make("benchmark_many", many)
        memory = bench.landed("benchmark_many", _DAY, anew=True)
        bounded = bench.landed("benchmark_many", _DAY, anew=True, memory_limit=_SMALL)
    finally:
        bench.drop()
    speed = median(copied) / median(run.seconds for run in landed)
    figures = [
        Figure(f"{rows:,} rows ÷ COPY into read_csv, speed", speed, ">= 0.8", speed >= 0.8),
        Figure("two changed rows, s", daily.seconds, "<= 2", daily.seconds <= 2),
        Figure(f"{many:,} rows, peak GiB", memory.gib, "< 1", memory.gib < 1),
        Figure(
            f"{many:,} rows within DuckDB's memory_limit of {_SMALL}, peak GiB",
            bounded.gib,
            "< 1",
            bounded.gib < 1,
        ),
    ]
    typer.echo("| bar | found | wanted | |\n|---|--:|--:|---|")
    for figure in figures:
        met = "met" if figure.is_met else "missed"
        typer.echo(f"| {figure.what} | {figure.found:.2f} | {figure.bar} | {met} |")
    typer.echo(
        f"\nMedians of {repeats}: COPY into read_csv {median(copied):.1f} s, first load"
        f" {median(run.seconds for run in landed):.1f} s; {many:,} rows {memory.seconds:.0f} s."
    )


@dataclass(frozen=True)
class Landed:
    """One extraction: seconds without the start of its process, and its peak memory."""

    seconds: float
    gib: float
    rows: int


class _Bench:
    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._tables: list[str] = []

    def make(self, table: str, rows: int) -> None:
        self._execute(f"drop table if exists {table}", _CUSTOMERS.format(table=table, rows=rows))
        self._tables.append(table)
        self._execute(f"alter table {table} add primary key (customer_no)")
        self._execute(f"create index on {table} (updated)", f"analyze {table}")

    def change_two(self) -> None:
        self._execute(
            "update benchmark_customers set plan = 'gold',"
            " updated = (select max(updated) from benchmark_customers) + interval '1 minute'"
            " where customer_no in (7, 70000)"
        )

    def drop(self) -> None:
        for table in self._tables:
            self._execute(f"drop table {table}")

    def copied(self) -> float:
        """Seconds of what is aimed at: psql's COPY as CSV, piped into DuckDB's reader."""
        return self._child(_COPIED, "benchmark_customers", str(self._database("copied"))).seconds

    def landed(
        self, table: str, day: date, *, anew: bool = False, memory_limit: str = ""
    ) -> Landed:
        """Measure an extraction of the table for a day."""
        path = self._folder / "landed.duckdb" if not anew else self._database("landed")
        return self._child(_LANDED, table, str(path), day.isoformat(), memory_limit)

    def _database(self, name: str) -> Path:
        path = self._folder / f"{name}.duckdb"
        path.unlink(missing_ok=True)
        return path

    def _child(self, program: str, *arguments: str) -> Landed:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env={**os.environ, _URL: self._url},
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        landed = Landed(**json.loads(done.stdout.splitlines()[-1]))
        typer.echo(f"{arguments[0]}: {landed}", err=True)
        return landed

    def _execute(self, *statements: str) -> None:
        with dbapi.connect(self._url, autocommit=True) as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)


# Each side is a process of its own, whose peak is its own; the clock starts after the imports.
_TOLD = """
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
print(json.dumps({"seconds": time.monotonic() - begun, "gib": peak, "rows": rows}))
"""
_COPIED = (
    """
import json, os, resource, subprocess, sys, time
import duckdb

table, path = sys.argv[1:]
con = duckdb.connect(path)
begun = time.monotonic()
reading, writing = os.pipe()
command = f"copy {table} to stdout (format csv, header)"
copy = ["psql", "-qc", command, os.environ["HOLDFAST_BENCHMARK_URL"]]
with subprocess.Popen(copy, stdout=writing):
    os.close(writing)
    con.execute(f"create table landed as select * from read_csv('/dev/fd/{reading}', header=true)")
rows = con.execute("select count(*) from landed").fetchone()[0]
con.close()
"""
    + _TOLD
)
_LANDED = (
    """
import json, resource, sys, time
from datetime import date
from pathlib import Path

from ingestion.databases import postgres
from ingestion.extraction.databases import extract_database
from ingestion.opened_source import open_source
from deployment.source_config import SqlSource
from warehouse.connection import Warehouse

table, path, day, memory_limit = sys.argv[1:]
config = {"columns": ["customer_no"], "key": ["customer_no"], "cursor": "updated"}
url = "${HOLDFAST_BENCHMARK_URL}"
source = SqlSource.model_validate({"kind": "sql", "url": url, "tables": {table: config}})
warehouse = Warehouse(Path(path))
warehouse.initialise("benchmark", "Benchmark")
begun = time.monotonic()
with warehouse.connect() as con:
    if memory_limit:
        con.execute(f"set global memory_limit = '{memory_limit}'")
    rows = extract_database(con, open_source("crm", source), date.fromisoformat(day))[0].rows
"""
    + _TOLD
)

if __name__ == "__main__":
    typer.run(main)
