"""Extraction of a database: the changes of its tables since the last run, in one snapshot."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import sqlalchemy as sa

from deployment.source_config import SqlSource
from ingestion.databases.database import open_snapshot
from ingestion.databases.database_table import DatabaseTable, find_table
from ingestion.databases.high_water import HighWater, Value
from ingestion.databases.snapshot import Batches, Column, Snapshot
from ingestion.errors import SourceError
from ingestion.landing import mutable_table
from ingestion.landing.mutable_table import Landing
from ingestion.landing.report import TableReport
from ingestion.landing.schema_drift import SchemaChange
from ingestion.opened_source import OpenedSource
from warehouse.transaction import transaction

_COMPARED_ON = "compared_on"


def extract_database(
    con: duckdb.DuckDBPyConnection, opened: OpenedSource[SqlSource], run_date: date
) -> list[TableReport]:
    """Load the changes since the last extraction, in one transaction.

    All tables are read in the state of the database at the beginning. Memory does not grow with
    their size.

    Args:
        con: connection to the working warehouse, outside a transaction.
        opened: the source.
        run_date: the date the run is for.

    Returns:
        One report a table, in the configuration's order.

    Raises:
        SourceError: the database or a table cannot be read; nothing of the source is loaded.
    """
    loaded_at = datetime.now(UTC)
    name, url = opened.name, opened.value(opened.config.url)
    with open_snapshot(name, url) as snapshot, transaction(con):
        readings = [
            _Reading(
                con,
                snapshot,
                Landing(name, table_name, config, run_date, loaded_at),
                find_table(snapshot, name, table_name, config),
            )
            for table_name, config in opened.config.tables.items()
        ]
        for reading in readings:
            reading.prepare()
        return [reading.report() for reading in readings]


class _Reading:
    """One table, read and landed within the transactions of database and warehouse."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        snapshot: Snapshot,
        at: Landing,
        table: DatabaseTable,
    ) -> None:
        self._con = con
        self._snapshot = snapshot
        self._at = at
        self._table = table
        self._rows = 0
        self._ended = 0
        self._changes: list[SchemaChange] = []

    def prepare(self) -> None:
        """Create or alter the raw table.

        A changed type is refused unless it holds all values of the known type: rows are read only
        once, so that their values cannot be checked before.
        """
        self._changes = mutable_table.prepare(self._con, self._at, self._table.kinds or None)

    def report(self) -> TableReport:
        """Read new rows, soft-delete absent ones, and return their numbers."""
        started = time.monotonic()
        if self._table.columns:
            self._read()
        return TableReport(
            source=self._at.source,
            table=self._at.table,
            rows=self._rows,
            rows_ended=self._ended,
            seconds=time.monotonic() - started,
            schema_changes=tuple(self._changes),
        )

    def _read(self) -> None:
        mark = self._mark()
        if mutable_table.is_empty(self._con, self._at):
            self._read_into_nothing()
        elif mark is None:
            self._read_whole()
        else:
            self._read_changes(mark)
            if self._table.is_deleted is None and self._compare_is_due():
                self._compare_keys()

    def _read_into_nothing(self) -> None:
        """Insert all rows directly; an empty raw table needs no comparison."""
        columns = self._table.columns
        with self._batches_of(self._table.query(), columns) as batches:
            self._land(batches.relations(self._con, columns))
        self._remember_comparison()

    def _read_whole(self) -> None:
        with self._fetched("fetched_rows", self._table.query(), self._table.columns) as rows:
            self._land(rows)
            self._ended += mutable_table.end_absent(self._con, self._at, rows)
        self._remember_comparison()

    def _read_changes(self, mark: HighWater) -> None:
        changed = self._table.query().where(mark.wanted(self._table.config))
        with self._fetched("fetched_rows", changed, self._table.columns) as rows:
            self._land(rows)

    def _compare_keys(self) -> None:
        """Soft-delete absent keys; read everything if a row's cursor was below the mark."""
        key = self._table.key
        with self._fetched("fetched_keys", self._table.query(key), key) as keys:
            if mutable_table.lacks(self._con, self._at, keys):
                self._read_whole()
                return
            self._ended += mutable_table.end_absent(self._con, self._at, keys)
        self._remember_comparison()

    def _compare_is_due(self) -> bool:
        compared_on = mutable_table.state(self._con, self._at, _COMPARED_ON)
        if compared_on is None:
            return True
        due = date.fromisoformat(compared_on) + timedelta(
            days=self._table.config.compare_every_days
        )
        return self._at.run_date >= due

    def _remember_comparison(self) -> None:
        mutable_table.set_state(self._con, self._at, _COMPARED_ON, self._at.run_date.isoformat())

    def _mark(self) -> HighWater | None:
        cursor = self._table.cursor
        text = cursor and mutable_table.state(self._con, self._at, _mark_of(cursor))
        return HighWater.read(cursor, text) if cursor and text else None

    def _raise_mark(self, highest: Value | None) -> None:
        """Store the highest cursor value that was read, if it is above the stored one."""
        cursor, before = self._table.cursor, self._mark()
        if cursor is None or highest is None:
            return
        if before is None or highest > before.value:  # type: ignore[operator]
            mark = HighWater(cursor, highest)
            mutable_table.set_state(self._con, self._at, _mark_of(cursor), mark.written)

    def _land(self, relation: str | Iterable[str]) -> None:
        self._rows += mutable_table.land(
            self._con,
            self._at,
            relation,
            self._table.kinds,
            has_repeats=False,
            is_deleted=self._table.is_deleted,
        )

    @contextmanager
    def _fetched(
        self, name: str, query: sa.Select[Any], columns: Sequence[Column]
    ) -> Iterator[str]:
        """The rows of a query as a temporary table."""
        with self._batches_of(query, columns) as batches:
            batches.copy(self._con, name, columns)
        yield f"temp.{name}"
        self._con.execute(f"drop table temp.{name}")

    @contextmanager
    def _batches_of(self, query: sa.Select[Any], columns: Sequence[Column]) -> Iterator[Batches]:
        """The rows of a query; their highest cursor value is stored after reading."""
        cursor = self._table.cursor
        follow = cursor.name if cursor is not None and cursor in columns else None
        batches = self._snapshot.read(query, columns, follow=follow)
        try:
            yield batches
        except (duckdb.Error, SourceError) as error:
            if batches.failure is not None:
                raise self._placed(batches.failure) from None
            if isinstance(error, duckdb.ConversionException):
                raise self._placed(_not_a_number(columns, error)) from None
            raise
        self._raise_mark(batches.highest)

    def _placed(self, error: SourceError) -> SourceError:
        problem = str(error).removeprefix(f"source {self._at.source}: ")
        return SourceError(f"{self._at.source}.{self._at.table}: {problem}")


def _mark_of(cursor: Column) -> str:
    """Name of a cursor's stored mark; each column has a mark of its own."""
    return f"high water of {cursor.name}"


def _not_a_number(columns: Sequence[Column], error: duckdb.Error) -> SourceError:
    """Error of a value that does not fit its type, without the value, which DuckDB quotes."""
    found = re.search(r"source column (\w+)", str(error))
    decimals = [column.name for column in columns if column.kind.startswith("DECIMAL")]
    name = found.group(1) if found else " or ".join(decimals)
    return SourceError(
        f"{name} has a value, such as NaN, that is no number of its type: correct it there, or"
        f" read it as text, with types: {{{name}: VARCHAR}}"
    )
