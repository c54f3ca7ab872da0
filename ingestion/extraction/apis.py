"""Extraction of an API: the changes of its resources since the last run.

All pages are fetched into files before the warehouse's transaction begins. After a failure the next
extraction requests the same records again. Rows that are already loaded are not loaded twice.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from deployment.home import Home
from deployment.source_config.rest import RestSource, RestTable
from ingestion.apis.client import ApiClient
from ingestion.apis.marks import Mark
from ingestion.apis.paging import Pages, as_texts
from ingestion.apis.records import Fetched, spool
from ingestion.errors import SourceError
from ingestion.landing.mutable_table import Landing, end_absent, land, prepare, set_state, state
from ingestion.landing.report import TableReport
from ingestion.landing.schema_drift import SchemaChange
from ingestion.opened_source import OpenedSource
from warehouse.quoting import identifier, literal
from warehouse.transaction import transaction

# Names under which `ops.extract_state` remembers how far a table has been read.
_MARK = "mark"
_CURSOR = "cursor"
_COMPARED_ON = "compared_on"


@dataclass(frozen=True)
class _Reading:
    """The fetched records of one table, before they are landed."""

    landing: Landing
    table: RestTable
    fetched: Fetched
    is_whole: bool
    remembered: dict[str, str]
    seconds: float


def extract_api(
    con: duckdb.DuckDBPyConnection, opened: OpenedSource[RestSource], home: Home, run_date: date
) -> list[TableReport]:
    """Load the changes since the last extraction, in one transaction.

    Memory does not grow with the number of pages.

    Args:
        con: connection to the working warehouse, outside a transaction.
        opened: the source.
        home: its scratch folder holds the pages until they are landed.
        run_date: the date the run is for.

    Returns:
        One report a table, in the configuration's order.

    Raises:
        SourceError: a table cannot be read; nothing of the source is loaded.
    """
    client = ApiClient(opened)
    source = opened.config
    with closing(client), home.scratch() as scratch:
        readings = [
            _fetch(con, client, source, table_name, run_date, scratch)
            for table_name in source.tables
        ]
        return _land(con, readings)


def _fetch(
    con: duckdb.DuckDBPyConnection,
    client: ApiClient,
    source: RestSource,
    table_name: str,
    run_date: date,
    scratch: Path,
) -> _Reading:
    started = time.monotonic()
    table = source.tables[table_name]
    landing = Landing(client.name, table_name, table, run_date, datetime.now(UTC))
    where = f"{client.name}.{table_name}"
    is_whole = _is_whole(con, landing, table, run_date)
    mark = None
    parameters = as_texts(table.parameters)
    start = as_texts(table.start_parameters)
    if table.incremental is not None:
        known = state(con, landing, _MARK)
        mark = Mark(where, table.incremental, known, landing.loaded_at)
        since = None if is_whole else mark.parameter()
        if since is not None:
            parameters[table.incremental.parameter] = since
            start = {}
    resumed = state(con, landing, _CURSOR) if table.paging.resumes and not is_whole else None
    pages = Pages(client, table_name, table, parameters, start, resumed, source.stalled_pages)
    fetched = spool(con, where, table, pages, scratch / f"{table_name}.jsonl", mark)
    if is_whole and not fetched.rows and not table.optional:
        _refuse_emptiness(con, landing)
    remembered = {
        _MARK: mark.remembered() if mark is not None else None,
        _CURSOR: pages.cursor if table.paging.resumes else None,
        _COMPARED_ON: run_date.isoformat() if is_whole else None,
    }
    return _Reading(
        landing,
        table,
        fetched,
        is_whole,
        {name: value for name, value in remembered.items() if value is not None},
        time.monotonic() - started,
    )


def _land(con: duckdb.DuckDBPyConnection, readings: list[_Reading]) -> list[TableReport]:
    reports = []
    with transaction(con):
        changes = [_prepare(con, reading) for reading in readings]
        for reading, changed in zip(readings, changes, strict=True):
            started = time.monotonic()
            landed, ended = _land_table(con, reading)
            for name, value in reading.remembered.items():
                set_state(con, reading.landing, name, value)
            reports.append(
                TableReport(
                    source=reading.landing.source,
                    table=reading.landing.table,
                    rows=landed,
                    rows_ended=ended,
                    seconds=reading.seconds + time.monotonic() - started,
                    schema_changes=tuple(changed),
                )
            )
    return reports


def _prepare(con: duckdb.DuckDBPyConnection, reading: _Reading) -> list[SchemaChange]:
    fetched = reading.fetched
    if not fetched.rows:
        return prepare(con, reading.landing, None)
    # Many APIs omit empty fields: a field that no record has is not taken for a dropped column.
    return prepare(con, reading.landing, fetched.columns, fetched.relation, is_sparse=True)


def _land_table(con: duckdb.DuckDBPyConnection, reading: _Reading) -> tuple[int, int]:
    """Numbers of rows landed and ended."""
    fetched = reading.fetched
    landed = 0
    if fetched.rows:
        landed = land(
            con,
            reading.landing,
            fetched.relation,
            fetched.columns,
            has_repeats=fetched.has_repeats,
            is_deleted=_is_deleted(reading.table),
        )
    if not reading.is_whole:
        return landed, 0
    return landed, end_absent(con, reading.landing, fetched.relation)


def _is_deleted(table: RestTable) -> str | None:
    """SQL condition of a deleted record, None without `deleted_when`."""
    conditions = []
    for column, value in table.deleted_when.items():
        text, wanted = f"cast({identifier(column)} as varchar)", literal(value)
        conditions.append(
            f"""
            coalesce(
                {text} = {wanted}
                or case
                    when json_valid({text}) and json_type({text}) = 'ARRAY'
                        then list_contains(json_extract_string({text}, '$[*]'), {wanted})
                end,
                false
            )
            """
        )
    return " or ".join(conditions) or None


def _is_whole(
    con: duckdb.DuckDBPyConnection, landing: Landing, table: RestTable, run_date: date
) -> bool:
    """True if all records are read, and not only changed ones."""
    if not table.asks_for_changes:
        return True
    compared_on = state(con, landing, _COMPARED_ON)
    if compared_on is None:
        return True
    if table.compare_every_days is None:
        return False
    return (run_date - date.fromisoformat(compared_on)).days >= table.compare_every_days


def _refuse_emptiness(con: duckdb.DuckDBPyConnection, landing: Landing) -> None:
    """Refuse an empty list from a table with rows: a withdrawn permission often looks like that."""
    row = con.execute(
        "select coalesce(sum(rows), 0) from ops.load_ledger where source = ? and table_name = ?",
        [landing.source, landing.table],
    ).fetchone()
    if row and row[0]:
        raise SourceError(
            f"{landing.source}.{landing.table}: it answers with no record at all, and has delivered"
            f" {row[0]} rows so far: check the permissions of the secret; if it is really empty,"
            " say optional: true"
        )
