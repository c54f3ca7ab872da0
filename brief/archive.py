"""Briefs that are published with a version of the file: the latest day's, and those of past days.

A page is written on the day that it is about, and kept. A past day that was run again gets a new
page, because the file has new rows of it; that page reports the day of its knowledge.

    versions/000002/brief.html              the latest day
    versions/000002/briefs/2026-06-30.html  each day that had a page
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from brief.errors import BriefError
from brief.page import Definitions, brief_html
from deployment.engine.limits import EngineLimits

PAGE = "brief.html"
FOLDER = "briefs"


@dataclass(frozen=True)
class BriefPage:
    """A brief, and the version of the published file from which it was read."""

    day: date
    path: Path
    database: Path


def write_briefs(
    database: Path,
    before: Path | None,
    changed: Collection[date] | None,
    *,
    definitions: Definitions,
    limits: EngineLimits | None = None,
) -> None:
    """Write the pages beside a new version of the published file.

    Args:
        database: the file, complete and not yet published.
        before: folder of the version before, whose pages of unchanged days are kept.
        changed: dates whose rows differ from it; None if that is not known, and then all pages of
            past days are written again.
        definitions: what the figures mean.
        limits: memory, threads and spill folder of the run; None leaves DuckDB's defaults.
    """
    folder = database.with_name(FOLDER)
    folder.mkdir()
    settings = limits.duckdb_settings() if limits else {}
    with duckdb.connect(str(database), read_only=True, config=settings) as con:
        latest, days = _days(con)
        if latest is None:
            return
        for old in _pages(before):
            day = date.fromisoformat(old.stem)
            if day not in days or day == latest:
                continue
            if changed is None or day in changed:
                _write(con, folder, day, definitions)
            else:
                _share(old, folder / old.name)
        page = _write(con, folder, latest, definitions)
    _share(page, database.with_name(PAGE))


def find_page(
    published: Path, other: Path, day: date | None, definitions: Definitions
) -> BriefPage:
    """The page of a day: the published one, or one that is written now.

    Args:
        published: link to the current version of the published file.
        other: folder for pages of days that were published without one, such as days of a backfill.
        day: the day; None for the latest.
        definitions: what the figures mean.

    Raises:
        BriefError: nothing was published, or not the day.
    """
    if not published.exists():
        raise BriefError("nothing has been published yet: holdfast run")
    # Resolved once, so that page and file are of one version.
    database = published.resolve()
    with duckdb.connect(str(database), read_only=True) as con:
        latest, days = _days(con)
        day = day or latest
        if day is None or day not in days:
            known = f"{min(days)} to {max(days)}" if days else "none"
            raise BriefError(
                f"{day} was not published, or is kept no more (keep.past_days); published days: "
                f"{known}"
            )
        if (database.with_name(FOLDER) / f"{day}.html").exists():
            return BriefPage(day, published.with_name(FOLDER) / f"{day}.html", database)
        other.mkdir(parents=True, exist_ok=True)
        return BriefPage(day, _write(con, other, day, definitions), database)


def _days(con: duckdb.DuckDBPyConnection) -> tuple[date | None, set[date]]:
    """The latest day of a published file, and all days with rows of customers."""
    row = con.execute("select as_of_date from ops.publication").fetchone()
    days = con.execute(
        "select distinct snapshot_date from ops.data_quality_daily"
        " anti join (from ops.published_days where is_removed) using (snapshot_date)"
    ).fetchall()
    return (row[0] if row else None), {day for (day,) in days}


def _pages(version: Path | None) -> list[Path]:
    return sorted((version / FOLDER).glob("*.html")) if version is not None else []


def _write(
    con: duckdb.DuckDBPyConnection, folder: Path, day: date, definitions: Definitions
) -> Path:
    path = folder / f"{day.isoformat()}.html"
    path.write_text(brief_html(con, day, definitions), encoding="utf-8")
    return path


def _share(page: Path, path: Path) -> None:
    """The same page under another name, without a copy where the file system can."""
    try:
        os.link(page, path)
    except OSError:
        shutil.copyfile(page, path)
