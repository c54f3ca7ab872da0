from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from deployment.home import Home
from tests.held_warehouse import held
from tests.unit.warehouse.company import Company
from warehouse.health.faults import FaultError
from warehouse.health.files import damages, require_sound


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with every database file, of which the warehouse has several blocks."""
    home = Home(tmp_path).create()
    company = Company(home.root).create(customers=100_000)
    company.run(0, 1)
    company.publish()
    for path in (home.mlflow_database, home.dagster_home / "history" / "runs.db"):
        path.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(path)) as con:
            con.execute("create table things as select zeroblob(100000) as thing")
    return home


def found(home: Home, *, is_whole: bool = False) -> list[tuple[str, str]]:
    """File and first word of each condition's reason."""
    return [(each.path.name, each.condition) for each in damages(home, is_whole=is_whole)]


@pytest.mark.parametrize("is_whole", [False, True])
def test_a_sound_home_and_a_new_one_have_no_damage(
    home: Home, tmp_path: Path, is_whole: bool
) -> None:
    assert found(home, is_whole=is_whole) == []
    assert found(Home(tmp_path / "new"), is_whole=is_whole) == []


def test_a_truncated_an_empty_and_an_overwritten_file_are_found_by_opening_them(home: Home) -> None:
    os.truncate(home.warehouse, home.warehouse.stat().st_size // 2)
    os.truncate(home.mlflow_database, 0)
    runs = home.dagster_home / "history" / "runs.db"
    runs.write_bytes(b"overwritten" * 1000)
    home.published.resolve().write_bytes(b"overwritten")
    conditions = dict(found(home))
    assert conditions["warehouse.duckdb"].startswith("is damaged (")
    assert conditions["mlflow.db"] == "is empty"
    assert conditions["runs.db"] == "is damaged (file is not a database)"
    assert conditions["holdfast.duckdb"].startswith("is damaged (IO Error:")

    with pytest.raises(FaultError) as raised:
        require_sound(home)
    lines = str(raised.value).splitlines()
    assert [Path(line.split()[0]).name for line in lines] == [
        "warehouse.duckdb", "mlflow.db", "runs.db",
    ]  # fmt: skip
    assert "holdfast backfill --from 2026-06-01 --to 2026-06-02" in lines[0]


def test_a_truncated_sqlite_file_is_found_by_opening_it(home: Home) -> None:
    os.truncate(home.mlflow_database, 4096)
    assert found(home) == [("mlflow.db", "is damaged (database disk image is malformed)")]


def test_overwritten_bytes_in_the_middle_are_found_by_reading_the_whole_file(home: Home) -> None:
    with home.warehouse.open("r+b") as file:
        file.seek(300_000)
        file.write(os.urandom(5_000))
    assert found(home) == []
    [(name, condition)] = found(home, is_whole=True)
    assert name == "warehouse.duckdb"
    assert "computed checksum" in condition


def test_a_published_file_that_is_damaged_or_gone_does_not_stop_a_run(home: Home) -> None:
    os.truncate(home.published.resolve(), 5_000)
    (damage,) = require_sound(home)
    assert "the next run makes it again" in damage.sentence
    home.published.resolve().unlink()
    (damage,) = require_sound(home)
    assert damage.condition == "names a file that is gone"


def test_a_warehouse_that_a_run_writes_is_not_examined(home: Home) -> None:
    with held(home.warehouse):
        assert found(home, is_whole=True) == []
