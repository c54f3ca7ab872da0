"""The first day that is kept, and a dry run, which changes nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from deployment.config_file import load_config
from tests.unit.deployment.configs import GOOD, write
from warehouse.connection import create_tables
from warehouse.pruning.prune import first_kept_day, latest_day, prune_warehouse


@pytest.mark.parametrize(
    ("as_of", "days", "first"),
    [
        (date(2026, 12, 31), 30, date(2026, 12, 1)),
        (date(2026, 12, 31), 31, date(2026, 11, 1)),
        (date(2026, 3, 1), 365, date(2025, 3, 1)),
    ],
)
def test_whole_months_are_removed(as_of: date, days: int, first: date) -> None:
    assert first_kept_day(as_of, days) == first


def test_a_dry_run_reports_and_changes_nothing(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        create_tables(con)
        assert latest_day(con) is None
        con.execute("insert into ops.snapshot_dates values ('2025-01-01', uuid())")
        con.execute("insert into ops.snapshot_dates values ('2026-06-01', uuid())")
        today = date(2026, 6, 1)
        assert latest_day(con) == today
        assert latest_day(con, [today]) == date(2025, 1, 1)
        found, first = prune_warehouse(con, config, today, is_dry=True)
        assert first == date(2025, 6, 1)
        assert [(each.table, each.rows) for each in found] == [("ops.snapshot_dates", 1)]
        assert con.execute("select count(*) from ops.snapshot_dates").fetchall() == [(2,)]
        assert con.execute("from ops.removed_rows").fetchall() == []
        assert prune_warehouse(con, config, today) == (found, first)
        assert con.execute("select count(*) from ops.snapshot_dates").fetchall() == [(1,)]
