"""Removal of everything in the warehouse that has outlived the settings of the section `keep`.

Whole calendar months are removed: a run looks for old rows once a month, and the publication after
a removal of days, which writes the whole file, is one in thirty.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import duckdb

from deployment.config import DeploymentConfig
from warehouse.pruning.account import RemovedRows, removed_before
from warehouse.pruning.delivered_rows import remove_raw_rows, remove_texts
from warehouse.pruning.past_days import PAST_DAYS, remove_past_days, remove_unused_dates


def first_kept_day(as_of: date, days: int) -> date:
    """The first day of the month in which the day `days` before a date lies."""
    return (as_of - timedelta(days=days)).replace(day=1)


def latest_day(con: duckdb.DuckDBPyConnection, besides: Sequence[date] = ()) -> date | None:
    """The latest day that was run, besides some days; None if there is none."""
    row = con.execute(
        "select max(snapshot_date) from ops.snapshot_dates"
        " where not list_contains(?, snapshot_date)",
        [list(besides)],
    ).fetchone()
    return row[0] if row else None


def prune_warehouse(
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    as_of: date,
    *,
    is_dry: bool = False,
) -> tuple[list[RemovedRows], date | None]:
    """Remove what is too old, and add it to the account, in one transaction.

    Args:
        con: the warehouse.
        config: the deployment.
        as_of: the latest day whose run has evaluated earlier days.
        is_dry: undo everything; only the report remains.

    Returns:
        The tables from which rows were removed, and the first day that is kept; None if no day was
        ever removed.
    """
    keep, sources = config.keep, config.sources
    con.begin()
    try:
        removed = []
        if keep.past_days is not None:
            first = first_kept_day(as_of, keep.past_days)
            removed += remove_past_days(con, as_of, first, config.churn.horizon_days)
        removed += remove_unused_dates(con, as_of)
        if keep.texts_days is not None:
            first = first_kept_day(as_of, keep.texts_days)
            removed += remove_texts(con, sources, as_of, first)
        if keep.raw_days is not None:
            first = first_kept_day(as_of, keep.raw_days)
            removed += remove_raw_rows(con, sources, as_of, first)
        first_kept = removed_before(con, PAST_DAYS)
    except BaseException:
        con.rollback()
        raise
    if is_dry:
        con.rollback()
    else:
        con.commit()
    return [each for each in removed if each.rows], first_kept
