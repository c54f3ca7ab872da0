from __future__ import annotations

from datetime import date
from pathlib import Path

from deployment.config_file import load_config
from deployment.home import Home
from ingestion.files.dropped_days import dropped_days

DEMO = load_config(Path(__file__).parents[4] / "config" / "demo.yml")


def drop(home: Home, table: str, day: str) -> None:
    path = home.landing / "crm" / table / f"{table}_{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_the_days_of_all_tables_are_ascending_and_each_is_there_once(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    drop(home, "touches", "2026-06-29")
    drop(home, "customers", "2026-06-29")
    drop(home, "customers", "2026-06-27")
    assert dropped_days(DEMO, home) == [date(2026, 6, 27), date(2026, 6, 29)]


def test_days_before_the_first_date_and_after_the_last_are_left_out(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    for day in ("2024-06-30", "2024-07-01", "2026-06-30", "2026-07-01"):
        drop(home, "customers", day)
    assert dropped_days(DEMO, home) == [date(2024, 7, 1), date(2026, 6, 30)]


def test_a_source_that_cannot_be_opened_has_no_days(tmp_path: Path) -> None:
    assert dropped_days(DEMO, Home(tmp_path)) == []
