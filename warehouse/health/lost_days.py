"""Published days that the warehouse does not have, as after it was deleted or restored too old.

A publication has the days of the warehouse. Without this comparison a run with a new warehouse
would replace the history that was published by one day, without a word.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from datetime import date

import duckdb

from deployment.home import Home
from warehouse.connection import open_file
from warehouse.health.faults import FaultError
from warehouse.pruning.account import removed_before
from warehouse.pruning.past_days import PAST_DAYS
from warehouse.published.publication import noted_dates

NOT_REBUILT = (
    "Decisions and control groups of past days cannot be rebuilt, nor rows that a database or an "
    "API has changed since."
)


def lost_days(home: Home) -> list[date]:
    """The published days that the warehouse has lost, ascending.

    A day that was removed because of its age is not lost: it is published until the next run.

    Raises:
        WarehouseError: another process holds the warehouse, or DuckDB cannot open it.
    """
    published = noted_dates(home.published)
    if not published:
        return []
    known, removed = _known_days(home)
    return sorted(day for day in published - known if removed is None or day >= removed)


def require_history(home: Home, days: Collection[date]) -> list[date]:
    """Check that a run leaves no published day out of the history before its own days.

    Args:
        home: the home.
        days: the days of the run.

    Returns:
        Published days after those of the run that the warehouse lacks, ascending. The run's
        publication has them no more, until they are run again.

    Raises:
        FaultError: a published day before the run's days is neither in the warehouse nor run.
        WarehouseError: another process holds the warehouse, or DuckDB cannot open it.
    """
    lost = [day for day in lost_days(home) if day not in set(days)]
    if not any(day < max(days) for day in lost):
        return lost
    state = "lacks" if home.warehouse.exists() else "is gone, and with it"
    raise FaultError(
        f"{home.warehouse} {state} {_named(lost)} of the published history: restore it from a "
        f"backup; without one, rebuild them ({rebuild_command([*lost, *days])}), or move "
        f"{home.published.parent} away, which begins a new history. {NOT_REBUILT}"
    )


def rebuild_command(days: Collection[date]) -> str:
    """The command that runs all days from the first to the last of some days."""
    return f"holdfast backfill --from {min(days)} --to {max(days)}"


def _named(days: list[date]) -> str:
    if len(days) == 1:
        return f"the day {days[0]}"
    return f"{len(days)} days from {days[0]} to {days[-1]}"


def _known_days(home: Home) -> tuple[set[date], date | None]:
    """The days of the warehouse, and the day before which days were removed, if any were.

    None without a warehouse or before its first run.
    """
    if not home.warehouse.exists():
        return set(), None
    with closing(open_file(home.warehouse, read_only=True)) as con:
        try:
            rows = con.execute("select snapshot_date from ops.snapshot_dates").fetchall()
        except duckdb.CatalogException:
            return set(), None
        return {day for (day,) in rows}, removed_before(con, PAST_DAYS)
