"""A run that is killed at any moment of an extraction loses nothing and repeats nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deployment.home import Home
from tests.databases import Server
from tests.unit.ingestion.extraction.crm import Crm
from warehouse.connection import Warehouse

ROOT = Path(__file__).parents[4]
KILLS = 20
ROWS = 5_000
# Imports once and forks for each extraction, so that what is killed is the extraction and not the
# start of Python.
PROGRAM = """
import os
import sys
from datetime import date
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ingestion.databases import postgres
from ingestion.extraction import databases
from ingestion.opened_source import open_source
from deployment.source_config import SqlSource
from warehouse.connection import Warehouse
from tests.unit.ingestion.extraction.test_databases_kill import TABLES

source = SqlSource.model_validate({"kind": "sql", "url": "${CRM_URL}", "tables": TABLES})
print("ready", flush=True)
for line in sys.stdin:
    path, day = line.split()
    child = os.fork()
    if not child:
        with Warehouse(Path(path)).connect() as con:
            databases.extract_database(con, open_source("crm", source), date(2026, 6, int(day)))
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""
TABLES = {
    f"customers_{number}": {
        "columns": ["id", "name"],
        "key": ["id"],
        "cursor": "version" if number % 2 else None,
        "compare_every_days": 1,
    }
    for number in range(2)
}


@pytest.fixture
def crm(postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Crm:
    database = postgres.database("killed")
    for table in TABLES:
        database.execute(
            f"create table {table} as select i as id, 'Customer ' || i as name, i as version"
            f" from generate_series(1, {ROWS}) as series (i)"
        )
    monkeypatch.setenv("CRM_URL", database.url)
    return Crm(Home(tmp_path / "home").create(), database, TABLES)


@pytest.fixture
def extractor(crm: Crm) -> Iterator[subprocess.Popen[str]]:
    """A process that extracts in children of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_after_each_kill_the_next_run_makes_raw_equal_to_the_source(
    crm: Crm, extractor: subprocess.Popen[str], tmp_path: Path
) -> None:
    moments = random.Random(20)
    untouched = Warehouse(tmp_path / "untouched.duckdb")
    untouched.initialise("demo", "Demo Company")
    shutil.copy(untouched.path, crm.home.warehouse)
    begun = time.monotonic()
    crm.extract(1)
    longest = time.monotonic() - begun
    killed_midway = 0
    for kill in range(KILLS):
        day = 2 + kill
        if kill % 2:
            change(crm, kill)
        else:  # as a first load
            shutil.copy(untouched.path, crm.home.warehouse)
        seconds = moments.uniform(0, longest)
        killed_midway += extract_and_kill(extractor, crm.home.warehouse, day, seconds)
        crm.extract(day)
        for table in TABLES:
            assert crm.current(table) == crm.there(table), f"kill {kill}"
            assert crm.is_accounted_for(table)
    assert killed_midway >= KILLS // 2


def change(crm: Crm, kill: int) -> None:
    """Change a third of the rows, delete some, add some."""
    top = ROWS + kill * 50
    for table in TABLES:
        crm.database.execute(
            f"update {table} set name = name || {kill}, version = id + {2 * ROWS * kill}"
            f" where id % 3 = {kill % 3}",
            f"delete from {table} where id % 97 = {kill}",
            f"insert into {table} select i, 'New', i + {2 * ROWS * kill}"
            f" from generate_series({top + 1}, {top + 50}) as series (i)",
        )


def extract_and_kill(
    extractor: subprocess.Popen[str], warehouse: Path, day: int, seconds: float
) -> bool:
    """Kill an extraction so many seconds after it began; whether it was still going on."""
    assert extractor.stdin is not None
    assert extractor.stdout is not None
    print(warehouse, day, file=extractor.stdin, flush=True)
    child = int(extractor.stdout.readline())
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return int(extractor.stdout.readline()) == signal.SIGKILL
