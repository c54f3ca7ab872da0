"""Snapshots: one consistent state of a database, its columns, and its rows as a stream.

Types and messages that all readers share; `database.py` opens a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any, Protocol
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from deployment.secrets import hide
from ingestion.errors import SourceError
from warehouse.quoting import identifier

NO_ENTRY = "the database cannot be entered"
CHECK_ENTRY = "check that it runs, and url: address, user and password"
RUN_AGAIN = "nothing of the source was loaded; run again once that is mended"

# Bytes of Arrow that one statement reads: ten batches of the PostgreSQL driver.
_PART_BYTES = 128_000_000


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: as the database spells it.
        kind: the DuckDB type in the raw table.
        is_text: whether the database casts the column to text: its type exists neither in DuckDB
            nor in Arrow, or the configuration asks for text.
        is_time_as_text: whether the database stores this time as text.
    """

    name: str
    kind: str
    is_text: bool = False
    is_time_as_text: bool = False

    @property
    def selected(self) -> sa.ColumnElement[Any]:
        """The selected expression, without a type of SQLAlchemy, which would convert values."""
        column: sa.ColumnElement[Any] = sa.column(self.name)
        return sa.cast(column, sa.Text).label(self.name) if self.is_text else column


@dataclass(frozen=True)
class Keys:
    """Declared primary and foreign keys of a table.

    Attributes:
        primary: columns of the primary key, in its order; empty without one.
        foreign: (column, referenced table, referenced column) of each single-column foreign key.
    """

    primary: Sequence[str]
    foreign: Sequence[tuple[str, str, str]]


class Batches:
    """Rows of a query, read once, in parts.

    DuckDB keeps the Arrow data that a statement reads until the statement ends; ten million rows
    would be in memory at once. Each part is therefore read by a statement of its own.

    DuckDB replaces an exception during reading by its own, whose text may quote rows. `failure`
    keeps the original exception. `highest` is the highest value of one column after reading.
    """

    def __init__(
        self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], follow: str | None = None
    ) -> None:
        """Take the batches of a query; `follow` names the column whose highest value is kept."""
        self.failure: SourceError | None = None
        self.highest: int | str | date | datetime | None = None
        self._follow = follow
        self._schema = schema
        self._batches = self._watched(batches)

    def relations(self, con: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Iterator[str]:
        """SQL relations of all rows in the types of the raw table, one a part.

        Each relation is read once, before the next one is taken. There is at least one.
        """
        stream = f"batches_{uuid4().hex}"
        casts = ", ".join(
            f"cast({identifier(column.name)} as {column.kind}) as {identifier(column.name)}"
            for column in columns
        )
        for part in self._parts():
            con.register(stream, part)
            yield f"(select {casts} from {stream}) as streamed"
            # After an error the name stays registered; it is unique, so nothing is overwritten.
            con.unregister(stream)

    def copy(self, con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column]) -> None:
        """Copy all rows into a temporary table, which may be read more than once."""
        kinds = ", ".join(f"{identifier(column.name)} {column.kind}" for column in columns)
        con.execute(f"create or replace temp table {table} ({kinds})")
        for relation in self.relations(con, columns):
            con.execute(f"insert into {table} select * from {relation}")

    def _parts(self) -> Iterator[pa.RecordBatchReader]:
        first = next(self._batches, None)
        yield self._reader([] if first is None else self._part(first))
        while (first := next(self._batches, None)) is not None:
            yield self._reader(self._part(first))

    def _reader(self, batches: Iterable[pa.RecordBatch]) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self._schema, batches)

    def _part(self, first: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        size = 0
        for batch in chain([first], self._batches):
            yield batch
            size += batch.nbytes
            if size >= _PART_BYTES:
                return

    def _watched(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                if self._follow is not None:
                    self._rise(pc.max(batch.column(self._follow)))
                yield batch
        except SourceError as error:
            self.failure = error
            raise

    def _rise(self, highest: pa.Scalar) -> None:
        try:
            value = highest.as_py()
        except (OverflowError, ValueError):
            raise SourceError(
                f"its cursor {self._follow} has a time beyond the year 9999: correct that row"
            ) from None
        if value is not None and (self.highest is None or value > self.highest):
            self.highest = value


class Snapshot(Protocol):
    """One state of a database, the same for everything read from the snapshot."""

    def tables(self) -> list[str]:
        """Names of tables and views, `schema.table` outside the session's schema."""
        ...

    def columns(self, table: str) -> list[Column] | None:
        """The columns of a table in order; None if there is no such table."""
        ...

    def keys(self, table: str) -> Keys:
        """The declared keys of a table."""
        ...

    def read(
        self, query: sa.Select[Any], columns: Sequence[Column], *, follow: str | None = None
    ) -> Batches:
        """Rows of a query that selects the columns; earlier batches must have been read."""
        ...


def failure(name: str, what: str, problem: str, url: str, remedy: str) -> SourceError:
    """Error of a database, with the first line of the driver's message and without secrets."""
    first = problem.strip().splitlines()[0].strip().rstrip(".") if problem.strip() else "no reason"
    return SourceError(f"source {name}: {what} ({hide(first, url)}): {remedy}")
