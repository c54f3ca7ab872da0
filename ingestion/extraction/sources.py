"""Extraction of one source by its kind, and the record of whether it succeeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from deployment.home import Home
from deployment.source_config import FilesSource, Source, SqlSource
from ingestion.errors import SourceError
from ingestion.landing.report import TableReport
from ingestion.opened_source import open_source


@dataclass(frozen=True)
class Extraction:
    """Result of the extraction of one source.

    Attributes:
        reports: one a table, none if the source could not be read.
        failure: the reason why the source could not be read, None on success.
    """

    reports: list[TableReport]
    failure: str | None = None


def extract(
    con: duckdb.DuckDBPyConnection, name: str, source: Source, home: Home, run_dates: Sequence[date]
) -> Extraction:
    """Load the rows of a source that a run may see, in one transaction.

    A mutable source (database, API) returns its present state only. It is not read for a date
    before one for which it was already read.

    Args:
        con: connection to the working warehouse, outside a transaction.
        name: the source's name in the configuration.
        source: its configuration.
        home: relative locations are below its root.
        run_dates: the dates of the run, ascending; their last is the date that rows are read for.

    Raises:
        SourceError: the source cannot be read, and has never been read before.
    """
    last = run_dates[-1]
    try:
        if not isinstance(source, FilesSource) and _was_read_after(con, name, last):
            return Extraction([TableReport(name, table, 0, 0.0) for table in source.tables])
        reports = _extract(con, name, source, home, last)
    except SourceError as error:
        if not _was_ever_read(con, name):
            raise
        _remember(con, name, run_dates, str(error))
        return Extraction([], str(error))
    _remember(con, name, run_dates, None)
    return Extraction(reports)


def _extract(
    con: duckdb.DuckDBPyConnection, name: str, source: Source, home: Home, run_date: date
) -> list[TableReport]:
    # Each kind's module is imported where it is used: the libraries take seconds to import.
    if isinstance(source, FilesSource):
        from ingestion.extraction.files import extract_files

        return extract_files(con, open_source(name, source), home, run_date)
    if isinstance(source, SqlSource):
        from ingestion.extraction.databases import extract_database

        return extract_database(con, open_source(name, source), run_date)
    from ingestion.extraction.apis import extract_api

    return extract_api(con, open_source(name, source), home, run_date)


def _was_read_after(con: duckdb.DuckDBPyConnection, source: str, run_date: date) -> bool:
    return _exists(con, "source = ? and is_complete and run_date > ?", [source, run_date])


def _was_ever_read(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    # A warehouse of a version before ops.extractions has loads only.
    loaded = con.execute("select 1 from ops.load_ledger where source = ? limit 1", [source])
    return loaded.fetchone() is not None or _exists(con, "source = ? and is_complete", [source])


def _exists(con: duckdb.DuckDBPyConnection, condition: str, values: Sequence[object]) -> bool:
    found = con.execute(f"select 1 from ops.extractions where {condition} limit 1", list(values))
    return found.fetchone() is not None


def _remember(
    con: duckdb.DuckDBPyConnection, source: str, run_dates: Sequence[date], failure: str | None
) -> None:
    con.execute(
        """
        insert or replace into ops.extractions
        select $source, unnest($days::date[]), $now, $failure is null, $failure
        """,
        {
            "source": source,
            "days": list(run_dates),
            "now": datetime.now(UTC),
            "failure": failure,
        },
    )
