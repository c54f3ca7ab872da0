from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from deployment.config_file import load_config
from deployment.home import Home
from ingestion.files.waiting import waiting_bytes
from ingestion.landing import ledger
from ingestion.landing.ledger import NewLoad
from warehouse.connection import Warehouse

DEMO = load_config(Path(__file__).parents[4] / "config" / "demo.yml")
LAST = date(2026, 6, 28)
NOW = datetime(2026, 6, 28, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path).create()
    for day, size in (("2026-06-27", 10), ("2026-06-28", 200), ("2026-06-29", 3000)):
        path = home.landing / "crm" / "touches" / f"touches_{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    return home


def load(home: Home, day: str) -> Path:
    """Enter the load of a day's file as an extraction does; return its path."""
    warehouse = Warehouse.of(DEMO, home)
    warehouse.initialise("demo", "Demo Company")
    folder = home.landing / "crm"
    path = folder / "touches" / f"touches_{day}.csv"
    stat, relative = path.stat(), path.relative_to(folder).as_posix()
    drop = ledger.Drop(str(path), relative, None, stat.st_size, stat.st_mtime_ns)
    with warehouse.connect() as con:
        at = ledger.next_load_id(con)
        ledger.enter(
            con,
            NewLoad(
                at,
                "crm",
                "touches",
                relative,
                1,
                LAST,
                datetime(2026, 6, 28, tzinfo=UTC),
                drop,
                "digest",
            ),
        )
    return path


def test_before_the_first_run_every_file_up_to_the_date_is_waiting(home: Home) -> None:
    assert waiting_bytes(DEMO, home, LAST) == 210


def test_a_loaded_file_is_waiting_only_once_it_has_changed(home: Home) -> None:
    path = load(home, "2026-06-28")
    assert waiting_bytes(DEMO, home, LAST) == 10
    os.utime(path, ns=(1, 1))
    assert waiting_bytes(DEMO, home, LAST) == 210


def test_a_source_without_its_folder_or_with_a_false_date_has_nothing_waiting(home: Home) -> None:
    (home.landing / "crm" / "touches" / "touches_2026-06-31.csv").write_bytes(b"x")
    assert waiting_bytes(DEMO, home, LAST) == 0
