from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse.file_damage import damage_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file whose catalogue lies in front of most of its rows."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create table first as select 1 as number")
        con.execute("checkpoint")
        con.execute("create table numbers as select random() as number from range(300_000)")
    return path


def test_a_whole_file_and_a_missing_one_have_no_damage(path: Path, tmp_path: Path) -> None:
    assert damage_of(path, is_whole=True) is None
    assert damage_of(tmp_path / "none.duckdb", is_whole=True) is None


@pytest.mark.parametrize("bytes_left", [0, 100, 4_096, 12_288, 300_000, 1_000_000])
def test_a_truncated_file_is_found_by_opening_it(path: Path, bytes_left: int) -> None:
    assert path.stat().st_size > bytes_left
    os.truncate(path, bytes_left)
    assert damage_of(path) is not None


def test_a_block_with_another_checksum_is_found_by_reading_everything(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(1_500_000)
        file.write(os.urandom(1_000))
    assert damage_of(path) is None
    damage = damage_of(path, is_whole=True)
    assert damage is not None
    assert "does not match stored checksum" in damage


def test_a_cut_at_the_end_is_found_although_the_file_opens(path: Path) -> None:
    # The catalogue is whole, so DuckDB opens the file.
    os.truncate(path, path.stat().st_size - 1_000)
    damage = damage_of(path)
    assert damage is not None
    assert damage_of(path, is_whole=True) is not None


def test_blocks_that_are_free_and_behind_the_end_are_no_damage(path: Path) -> None:
    whole = path.stat().st_size
    with duckdb.connect(str(path)) as con:
        con.execute("drop table numbers")
    assert path.stat().st_size < whole
    assert damage_of(path, is_whole=True) is None


# A process that ends without closing the file leaves its log, as a killed one does.
_KILLED = """
import duckdb, os, sys
con = duckdb.connect(sys.argv[1])
con.execute("set checkpoint_threshold = '1GB'")
con.execute("drop table numbers")
con.execute("checkpoint")
con.execute("create table late as select random() as number from range(50_000)")
os._exit(0)
"""


def test_the_log_that_a_killed_process_leaves_is_no_damage(path: Path) -> None:
    subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=True)
    assert path.with_name("warehouse.duckdb.wal").stat().st_size > 0
    assert damage_of(path, is_whole=True) is None
    with duckdb.connect(str(path)) as con:
        assert con.execute("select count(*) from late").fetchone() == (50_000,)
