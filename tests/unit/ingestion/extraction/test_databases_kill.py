"""A database whose extraction is killed at any moment: no row is lost and none is repeated."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.campaign import times
from tests.databases import Server
from tests.unit.ingestion.extraction.crm import Crm
from tests.unit.ingestion.extraction.killing import extractor
from warehouse.connection import Warehouse

# Moments of a kill, evenly spread over an extraction, each for a first load and for changes.
MOMENTS = times(5)
ROWS = 3_000
PROGRAM = """
from datetime import date
from pathlib import Path

from deployment.source_config import SqlSource
from ingestion.databases import postgres
from ingestion.extraction.databases import extract_database
from ingestion.opened_source import open_source
from tests.unit.ingestion.extraction.test_databases_kill import TABLES
from warehouse.connection import Warehouse

source = SqlSource.model_validate({"kind": "sql", "url": "${CRM_URL}", "tables": TABLES})


def extract(arguments):
    path, day = arguments
    with Warehouse(Path(path)).connect() as con:
        extract_database(con, open_source("crm", source), date(2026, 6, int(day)))
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
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.initialise("demo", "Demo Company")
    return warehouse


@pytest.fixture
def crm(postgres: Server, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Crm:
    database = postgres.database("killed")
    for table in TABLES:
        database.execute(
            f"create table {table} as select i as id, 'Customer ' || i as name, i as version"
            f" from generate_series(1, {ROWS}) as series (i)"
        )
    monkeypatch.setenv("CRM_URL", database.url)
    return Crm(warehouse, database, TABLES)


def test_after_each_kill_the_next_run_makes_raw_equal_to_the_source(
    crm: Crm, warehouse: Warehouse, tmp_path: Path
) -> None:
    untouched = tmp_path / "untouched.duckdb"
    shutil.copy(warehouse.path, untouched)
    begun = time.monotonic()
    crm.extract(1)
    longest = time.monotonic() - begun
    killed_midway = 0
    with extractor(PROGRAM) as extractions:
        for kill in range(2 * MOMENTS):
            day = 2 + kill
            if kill % 2:
                change(crm, kill)
            else:  # as a first load
                shutil.copy(untouched, warehouse.path)
            seconds = longest * (kill // 2 + 0.5) / MOMENTS
            killed_midway += extractions.is_killed(seconds, warehouse.path, day)
            crm.extract(day)
            for table in TABLES:
                assert crm.current(table) == crm.there(table), f"kill {kill}"
                assert crm.is_accounted_for(table)
    assert killed_midway >= MOMENTS


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
