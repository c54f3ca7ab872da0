from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from deployment.home import Home
from tests.held_warehouse import held
from tests.unit.warehouse.company import Company
from warehouse.errors import WarehouseBusyError, WarehouseError
from warehouse.health.backup import BackupError, back_up


@pytest.fixture
def company(tmp_path: Path) -> Company:
    home = Home(tmp_path / "home").create()
    company = Company(home.root).create()
    company.run(0, 1)
    company.publish()
    (home.landing / "orders.csv").write_text("1;2")
    (home.mlflow_artifacts / "model.json").write_text("{}")
    with closing(sqlite3.connect(home.mlflow_database)) as con:
        con.execute("create table versions as select 1 as version")
        con.commit()
    return company


def test_a_backup_is_a_home_that_goes_on_where_the_other_was(
    company: Company, tmp_path: Path
) -> None:
    home, folder = Home(company.folder), tmp_path / "backups" / "monday"
    folder.parent.mkdir()
    (folder.parent / "monday.partial").mkdir()  # of a backup that was killed
    writer = sqlite3.connect(home.mlflow_database)
    writer.execute("insert into versions values (2)")  # not committed: another process is at work
    made = back_up(home, folder)
    writer.rollback()
    writer.close()

    assert (made.folder, [path.name for path in folder.parent.iterdir()]) == (folder, ["monday"])
    assert made.size_bytes > home.warehouse.stat().st_size
    restored = Company(folder)
    assert restored.everything() == company.everything()
    assert restored.published.resolve().is_relative_to(folder)
    with closing(sqlite3.connect(Home(folder).mlflow_database)) as con:
        assert con.execute("select version from versions").fetchall() == [(1,)]
    assert (Home(folder).mlflow_artifacts / "model.json").exists()
    assert list(Home(folder).landing.iterdir()) == []
    assert Home(folder).protect() == []

    for each in (company, restored):
        each.run(2)
        each.publish()
    assert restored.everything() == company.everything()


def test_deliveries_are_copied_on_request(company: Company, tmp_path: Path) -> None:
    back_up(Home(company.folder), tmp_path / "all", with_landing=True)
    assert (tmp_path / "all" / "landing" / "orders.csv").read_text() == "1;2"


def test_the_tables_that_spark_builds_are_copied(company: Company, tmp_path: Path) -> None:
    home = Home(company.folder)
    file = home.lake / "intermediate" / "int_events_checked" / "000001" / "part.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PAR1")
    back_up(home, tmp_path / "backup")
    copied = tmp_path / "backup" / file.relative_to(home.root)
    assert copied.read_bytes() == b"PAR1"


def test_a_folder_that_exists_or_lies_in_the_home_is_refused(
    company: Company, tmp_path: Path
) -> None:
    home = Home(company.folder)
    for folder in (tmp_path, home.root / "backup"):
        with pytest.raises(BackupError, match="name a new folder"):
            back_up(home, folder)
    with pytest.raises(WarehouseError, match="does not exist"):
        back_up(Home(tmp_path / "new"), tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_damaged_files_are_not_backed_up(company: Company, tmp_path: Path) -> None:
    home = Home(company.folder)
    company.execute("create table marts.numbers as select random() from range(300_000)")
    with home.warehouse.open("r+b") as file:
        file.seek(1_500_000)
        file.write(os.urandom(1_000))
    with pytest.raises(BackupError, match=r"the copy is damaged: warehouse.duckdb is damaged"):
        back_up(home, tmp_path / "backup")
    home.mlflow_database.write_bytes(b"")
    with pytest.raises(BackupError, match=r"nothing was copied: .*mlflow.db is empty"):
        back_up(home, tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_while_a_run_writes_the_warehouse_no_backup_is_made(
    company: Company, tmp_path: Path
) -> None:
    home = Home(company.folder)
    with held(home.warehouse), pytest.raises(WarehouseBusyError):
        back_up(home, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
