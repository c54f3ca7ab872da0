from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.connection import Warehouse, open_file
from warehouse.errors import NewerReleaseError
from warehouse.file_damage import damage_of
from warehouse.schema_version import MIGRATIONS, schema_version


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.initialise("demo", "Demo Company")
    return warehouse


def has_keys(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(
        con.execute("from duckdb_tables() where table_name = 'int_identity_keys'").fetchall()
    )


def test_a_new_warehouse_has_the_latest_version(warehouse: Warehouse) -> None:
    with warehouse.connect(read_only=True) as con:
        assert schema_version(con) == len(MIGRATIONS)


@pytest.mark.parametrize(
    ("columns", "is_kept"),
    [("key_value varchar", False), ("key_value varchar, known_to date", True)],
)
def test_keys_of_records_without_their_end_are_dropped_from_a_warehouse_without_a_version(
    warehouse: Warehouse, columns: str, is_kept: bool
) -> None:
    with warehouse.connect() as con:
        con.execute("alter table ops.deployment drop column schema_version")
        con.execute("create schema intermediate")
        con.execute(f"create table intermediate.int_identity_keys ({columns})")
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect() as con:
        assert has_keys(con) == is_kept
        assert schema_version(con) == len(MIGRATIONS)


def test_a_migrated_warehouse_is_not_migrated_again(warehouse: Warehouse) -> None:
    with warehouse.connect() as con:
        con.execute("create schema intermediate")
        con.execute("create table intermediate.int_identity_keys (key_value varchar)")
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect() as con:
        assert has_keys(con)


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
