"""Dagster's event log in SQLite, without the price of a file opened for every statement.

Dagster's own storage makes a new engine and a new connection each time, commits up to three times
an event and waits for the disk each time: on a busy machine a run of 60 tables and 60 checks spent
30 s on that, 8 of them of processor, and spends 3 s here, 2 of processor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from threading import local

import sqlalchemy as db
from dagster import EventLogEntry
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

_SECONDS_TO_WAIT_FOR_A_LOCK = 60


class EventLogStorage(ConsolidatedSqliteEventLogStorage):
    """All events of all runs in one file; named in dagster.yaml, never created by hand."""

    def store_event(self, event: EventLogEntry) -> None:
        """Store one event in one transaction."""
        with self._connect():
            super().store_event(event)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store several events in one transaction."""
        with self._connect():
            super().store_event_batch(events)

    def has_table(self, table_name: str) -> bool:
        """Whether the schema has a table; one that was seen is not looked for again."""
        if table_name in self._seen_tables:
            return True
        if super().has_table(table_name):
            self._seen_tables.add(table_name)
            return True
        return False

    def _has_asset_key_col_on_connection(self, conn: db.Connection, column_name: str) -> bool:
        """Whether the table of assets has a column, which is asked with every event of an asset."""
        if column_name in self._seen_asset_columns:
            return True
        if super()._has_asset_key_col_on_connection(conn, column_name):
            self._seen_asset_columns.add(column_name)
            return True
        return False

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        """A transaction; within one of the same thread, that one."""
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
        db.event.listen(engine, "connect", _do_not_wait_for_the_disk)
        return engine


def _do_not_wait_for_the_disk(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """With write-ahead logging a power cut then loses the last events, and harms nothing else."""
    del entry
    cursor = connection.cursor()
    cursor.execute("pragma synchronous = normal")
    cursor.close()
