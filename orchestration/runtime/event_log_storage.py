"""Event log storage: Dagster's SQLite storage with one connection and one transaction an event.

Dagster's own storage creates an engine and a connection for every statement, commits up to three
times an event, and flushes each commit to the disk. A run of 92 tables and 82 checks, as a day of
the demo has, took 6 to 7 s of CPU and 18 s or more with it on two busy cores; with this class 2 s
of CPU and 4 s.

The class overrides private methods of Dagster. Its test fails once Dagster's own storage keeps a
connection open; this module can be deleted then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from threading import local

import sqlalchemy as db
from dagster import EventLogEntry
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_SECONDS_TO_WAIT_FOR_A_LOCK = 60


class EventLogStorage(ConsolidatedSqliteEventLogStorage):
    """The events of all runs in one SQLite file; Dagster creates it as dagster.yaml names it."""

    def store_event(self, event: EventLogEntry) -> None:
        """Store one event in one transaction."""
        with self._connect():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store several events in one transaction."""
        with self._connect():
            super().store_event_batch(events)

    def delete_events_for_run(self, conn: db.Connection, run_id: str) -> None:
        """Delete the events of a run, and its check results, which Dagster leaves."""
        super().delete_events_for_run(conn, run_id)
        conn.execute(
            AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id)
        )

    def has_table(self, table_name: str) -> bool:
        """True if the schema has a table; a table found once is not looked for again."""
        if table_name in self._seen_tables:
            return True
        if super().has_table(table_name):
            self._seen_tables.add(table_name)
            return True
        return False

    def _has_asset_key_col_on_connection(self, conn: db.Connection, column_name: str) -> bool:
        """True if the table of assets has a column; Dagster asks with every event of an asset."""
        if column_name in self._seen_asset_columns:
            return True
        if super()._has_asset_key_col_on_connection(conn, column_name):
            self._seen_asset_columns.add(column_name)
            return True
        return False

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        """A transaction; inside a transaction of the same thread, that transaction."""
        current: db.Connection | None = getattr(self._present, "connection", None)
        if current is not None:
            yield current
            return
        with self._engine.begin() as connection:
            self._present.connection = connection
            try:
                yield connection
            finally:
                self._present.connection = None

    @cached_property
    def _seen_tables(self) -> set[str]:
        return set()

    @cached_property
    def _seen_asset_columns(self) -> set[str]:
        return set()

    @cached_property
    def _present(self) -> local:
        return local()

    @cached_property
    def _engine(self) -> db.Engine:
        engine = db.create_engine(
            self._conn_string,
            connect_args={"timeout": _SECONDS_TO_WAIT_FOR_A_LOCK, "check_same_thread": False},
        )
        db.event.listen(engine, "connect", _flush_at_checkpoints)
        return engine


def _flush_at_checkpoints(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """Flush at checkpoints only: with write-ahead logging a power cut loses the last events."""
    del entry
    cursor = connection.cursor()
    cursor.execute("pragma synchronous = normal")
    cursor.close()
