"""Removal of past days, and of training dates that no training uses any more.

A past day has a row for each customer in many tables, so without an end the warehouse would grow
with the number of runs. Figures of the company, decisions with an arm and measured outcomes stay.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

import duckdb

from warehouse.errors import WarehouseError
from warehouse.ml_tables.uplift_tables import DAYS_BETWEEN, VALUED_DAYS
from warehouse.pruning.account import Removal, RemovedRows, removed_before, tables
from warehouse.pruning.rows_of_days import OF_DATES, OF_DECISIONS, OF_PAST_DAYS

PAST_DAYS = "past_days"

_USED_DATES = """
    select snapshot_date from ops.snapshot_dates
    union
    select snapshot_date from ops.training_dates
    union
    select snapshot_date from ml.holdout_scores
"""


def remove_past_days(
    con: duckdb.DuckDBPyConnection, as_of: date, first: date, horizon_days: int
) -> list[RemovedRows]:
    """Remove the rows by customer of days before the first one that is kept.

    Decisions without an action stay as long as rules are valued on them: half a year of decided
    days whose horizon has passed.

    Args:
        con: the warehouse, in a transaction.
        as_of: the day of the run.
        first: the first day that is kept.
        horizon_days: of the definition of churn.
    """
    removal = Removal(as_of, PAST_DAYS, first)
    old = con.execute("from ops.snapshot_dates where snapshot_date < ? limit 1", [first]).fetchall()
    if not old:
        return []
    valued_from = as_of - timedelta(days=VALUED_DAYS * DAYS_BETWEEN + horizon_days)
    unvalued = Removal(as_of, PAST_DAYS, min(first, valued_from))
    return [
        *_remove(con, removal, OF_PAST_DAYS, f"snapshot_date < date '{first}'"),
        *_remove(con, unvalued, OF_DECISIONS, f"snapshot_date < date '{unvalued.before}'"),
    ]


def remove_unused_dates(con: duckdb.DuckDBPyConnection, as_of: date) -> list[RemovedRows]:
    """Remove the rows of dates that were only trained on, once a later training has other dates.

    A date stays if it is a day that was run, a date of the latest training, or the holdout of a
    model whose days are kept. Before the first training whose dates are known, nothing is removed.

    Args:
        con: the warehouse, in a transaction.
        as_of: the day of the run.
    """
    unused = f"snapshot_date not in ({_USED_DATES})"
    if not OF_DATES.keys() <= tables(con):
        return []
    # Of an unused date all labels go, and some features and causes stay.
    due = con.execute(
        "select exists (from ops.training_dates)"
        f" and exists (from labels.lbl_churn_outcomes where {unused})"
    ).fetchall()
    return _remove(con, Removal(as_of, PAST_DAYS), OF_DATES, unused) if due == [(True,)] else []


def require_kept(con: duckdb.DuckDBPyConnection, days: Collection[date], horizon_days: int) -> None:
    """Check that the rows that a run needs have not been removed.

    A day is compared with rows of the horizon before it: earlier warnings, scores and features. So
    the first days that are kept can be read and cannot be run again.

    Args:
        con: the warehouse.
        days: the days of the run, not empty.
        horizon_days: of the definition of churn.

    Raises:
        WarehouseError: a day was removed, or lies less than a horizon after one.
    """
    before = removed_before(con, PAST_DAYS)
    if before is None:
        return
    first = before + timedelta(days=horizon_days)
    if min(days) < first:
        raise WarehouseError(
            f"{min(days)} cannot be run again: rows of days before {before} were removed because "
            f"of their age (keep.past_days), and a run needs those of the {horizon_days} days "
            f"before it. Days from {first} on can be run"
        )


def _remove(
    con: duckdb.DuckDBPyConnection, removal: Removal, conditions: Mapping[str, str], dates: str
) -> list[RemovedRows]:
    """Remove the rows of some dates from the tables that there are."""
    there = tables(con)
    return [
        removal.remove(con, table, f"{dates} and ({condition})")
        for table, condition in conditions.items()
        if table in there
    ]
