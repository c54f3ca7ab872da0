"""A run that is killed at any moment of an extraction loses nothing and repeats nothing."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.home import Home
from orchestration.warehouse import Warehouse
from tests.databases import Server
from tests.unit.orchestration.extract.crm import Crm

ROOT = Path(__file__).parents[4]
KILLS = 20
ROWS = 5_000
# Imported before it says that it is ready, so that what is killed is the extraction.
PROGRAM = """
import sys
from datetime import date
from pathlib import Path

from orchestration.extract import postgres, sql
from orchestration.warehouse import Warehouse
from tests.unit.orchestration.extract.test_sql_kill import TABLES
from orchestration.source_config import SqlSource

source = SqlSource.model_validate({"kind": "sql", "url": "${CRM_URL}", "tables": TABLES})
warehouse = Warehouse(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
with warehouse.connect() as con:
    sql.extract_database(con, "crm", source, date(2026, 6, int(sys.argv[2])))
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


def test_after_twenty_kills_raw_equals_the_source_each_time(crm: Crm, tmp_path: Path) -> None:
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
        killed_midway += extract_and_kill(crm, day, moments.uniform(0, longest))
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


def extract_and_kill(crm: Crm, day: int, seconds: float) -> bool:
    """Kill an extraction so many seconds after it began; whether it was still going on."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(crm.home.warehouse), str(day)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("go\n")
        process.stdin.flush()
        time.sleep(seconds)
        process.kill()
        return process.wait() < 0
