"""A process that holds connections of the first day reads the second day by every way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from tests.databases import Database
from tests.unit.warehouse.company import FIRST, Company
from tests.unit.warehouse.published.copies.kinds import copied
from warehouse.published.copies.parquet import copy_to_parquet

# Holds a connection of DuckDB and one of PostgreSQL; answers each line with the days that it reads.
_READER = """
import json, os, sys
import duckdb
from adbc_driver_postgresql import dbapi
published = sys.argv[1]
days = "select as_of_date::varchar from ops.publication"
held = duckdb.connect(os.path.join(published, "holdfast.duckdb"), read_only=True)
server = dbapi.connect(os.environ["BI_URL"], autocommit=True)

def read(path):
    with duckdb.connect(path, read_only=True) as con:
        return con.execute(days).fetchone()[0]

def from_pointer():
    with open(os.path.join(published, "current.json")) as file:
        pointer = json.load(file)
    return read(os.path.join(published, pointer["path"])), pointer["as_of_date"]

def from_postgres():
    with server.cursor() as cursor:
        cursor.execute("select as_of_date::text from holdfast.publication")
        return cursor.fetchone()[0]

def from_parquet():
    path = os.path.join(published, "parquet/current/ops/publication.parquet")
    return duckdb.sql(f"select as_of_date::varchar from '{path}'").fetchone()[0]

for _ in range(2):
    answer = {
        "held": held.execute(days).fetchone()[0],
        "link": read(os.path.join(published, "holdfast.duckdb")),
        "pointer": from_pointer(),
        "postgres": from_postgres(),
        "parquet": from_parquet(),
    }
    print(json.dumps(answer), flush=True)
    sys.stdin.readline()
"""


def test_a_process_that_holds_connections_reads_the_new_day(
    company: Company, database: Database
) -> None:
    def copy() -> None:
        copied(company)
        copy_to_parquet(company.published, company.published.parent / "parquet")

    copy()
    with subprocess.Popen(
        [sys.executable, "-c", _READER, str(company.published.parent)],
        env={**os.environ, "BI_URL": database.url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        before = json.loads(reader.stdout.readline())
        company.run(1)
        company.publish()
        copy()
        after = json.loads(reader.communicate("\n\n")[0])
    old, new = str(FIRST), str(FIRST + timedelta(days=1))
    assert before == dict.fromkeys(("held", "link", "postgres", "parquet"), old) | {
        "pointer": [old, old]
    }
    assert after == dict.fromkeys(("link", "postgres", "parquet"), new) | {
        "pointer": [new, new],
        "held": old,
    }


def test_the_pointer_and_the_link_change_together(company: Company) -> None:
    """Both are links through `current`, which is the only one that a publication replaces."""
    root = company.published.parent
    for day in (1, 2):
        pointer = json.loads((root / "current.json").read_text("utf-8"))
        assert root / pointer["path"] == company.published.resolve()
        assert pointer["version"] == int(company.published.resolve().parent.name)
        company.run(day)
        company.publish()
    assert [Path(root / name).readlink().parts[0] for name in ("current.json", "current")] == [
        "current",
        "versions",
    ]
    assert company.published.readlink() == Path("current/holdfast.duckdb")
