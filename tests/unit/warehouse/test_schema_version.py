from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import Warehouse, open_file
from warehouse.errors import NewerReleaseError
from warehouse.file_damage import damage_of
from warehouse.schema_version import MIGRATIONS, READ_ONCE, schema_version

ROOT = Path(__file__).parents[3]
_KEYS = """
    select count(*) from duckdb_constraints()
    where table_name = 'decided_actions' and constraint_type = 'PRIMARY KEY'
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.initialise("demo", "Demo Company")
    return warehouse


def tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute("select table_name from duckdb_tables() where schema_name = 'intermediate'")
    return sorted(name for (name,) in rows.fetchall())


def test_a_new_warehouse_has_the_latest_version(warehouse: Warehouse) -> None:
    with warehouse.connect(read_only=True) as con:
        assert schema_version(con) == len(MIGRATIONS)


def test_delivered_rows_are_read_again_once_after_a_release_before_versions(
    warehouse: Warehouse,
) -> None:
    for version, kept in (
        (0, ["int_identity_history"]),
        (len(MIGRATIONS), ["int_identity_history", "int_orders_versions"]),
    ):
        with warehouse.connect() as con:
            con.execute("update ops.deployment set schema_version = ?", [version or None])
            con.execute("create schema if not exists intermediate")
            for table in ("int_identity_history", "int_orders_versions"):
                con.execute(f"create table if not exists intermediate.{table} (known_from date)")
        warehouse.initialise("demo", "Demo Company")
        with warehouse.connect() as con:
            assert tables(con) == kept
            assert schema_version(con) == len(MIGRATIONS)


def test_a_table_that_spark_builds_is_read_again_too(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        con.execute("update ops.deployment set schema_version = null")
        con.execute("create schema if not exists intermediate")
        con.execute("create view intermediate.int_events_checked as select 1 as _load_id")
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect(read_only=True) as con:
        views = con.execute("select view_name from duckdb_views() where not internal").fetchall()
    assert ("int_events_checked",) not in views


def test_each_incremental_table_of_delivered_rows_is_read_again() -> None:
    models = ROOT / "dbt_project" / "models" / "intermediate"
    incremental = {
        path.stem
        for path in models.rglob("*.sql")
        if "materialized='incremental'" in path.read_text(encoding="utf-8")
    }
    assert incremental
    assert incremental <= set(READ_ONCE)


def test_a_warehouse_of_a_newer_release_is_refused_by_every_opening_and_not_called_damaged(
    warehouse: Warehouse,
) -> None:
    with warehouse.connect() as con:
        con.execute("update ops.deployment set schema_version = 99")
    before = warehouse.path.read_bytes()
    for is_reader in (True, False):
        with pytest.raises(
            NewerReleaseError, match=r"by a newer release \(schema version 99; .*run"
        ):
            open_file(warehouse.path, read_only=is_reader)
    assert damage_of(warehouse.path, is_whole=True) is None
    assert warehouse.path.read_bytes() == before


def test_decisions_that_an_older_release_keyed_are_kept_without_a_key(
    warehouse: Warehouse,
) -> None:
    decided = (date(2026, 6, 30), "c0", "none", 1.0)
    with warehouse.connect() as con:
        con.execute(
            "insert into ops.decided_actions"
            " (snapshot_date, customer_id, arm, chosen_with_probability) values (?, ?, ?, ?)",
            decided,
        )
        con.execute("alter table ops.decided_actions add primary key (snapshot_date, customer_id)")
        con.execute("update ops.deployment set schema_version = 1")
        assert con.execute(_KEYS).fetchall() == [(1,)]
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect() as con:
        assert con.execute(_KEYS).fetchall() == [(0,)]
        kept = con.execute(
            "select snapshot_date, customer_id, arm, chosen_with_probability"
            " from ml.action_decisions"
        ).fetchall()
    assert kept == [decided]
