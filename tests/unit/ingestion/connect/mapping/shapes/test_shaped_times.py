from __future__ import annotations

from datetime import datetime

from ingestion.connect.mapping.shapes.shaped_times import with_shaped_times
from tests.unit.ingestion.connect.mapping.shapes.conftest import Profiled


def test_seconds_and_compact_days_are_times_and_serial_numbers_are_not(profiled: Profiled) -> None:
    rows = [
        (1_735_689_600 + n * 86_400, f"2025{1 + n // 28:02}{1 + n % 28:02}", 1_735_689_600 + n, n)
        for n in range(56)
    ]
    profile = profiled(log=("s,d,serial,n", rows))
    columns = with_shaped_times(profile.con, profile.tables["log"]).columns
    assert {name for name, column in columns.items() if column.is_time} == {"s", "d"}
    assert all(columns[name].is_guessed_time for name in ("s", "d"))
    assert columns["s"].first == columns["d"].first == datetime.fromisoformat("2025-01-01")


def test_a_table_with_a_time_keeps_its_numbers(profiled: Profiled) -> None:
    rows = [(1_735_689_600 + n * 86_400, f"2025-01-{1 + n % 28:02}") for n in range(56)]
    profile = profiled(log=("s,d", rows))
    table = profile.tables["log"]
    assert with_shaped_times(profile.con, table) is table
