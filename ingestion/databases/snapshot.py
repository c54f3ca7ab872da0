"""Snapshots: one consistent state of a database, its columns, and its rows as a stream.

The types and messages that every reader shares; a database is opened by `database.py`.
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

# What one statement reads of Arrow: ten of the batches that the driver of PostgreSQL makes.
_PART_BYTES = 128_000_000


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: as the database spells it.
        kind: the DuckDB type that it lands in.
        is_text: whether the database is asked for it as text: it has a type that neither DuckDB
            nor Arrow has, or the configuration wants it so.
        is_time_as_text: whether the database keeps times as text, and this is one.
    """

    name: str
    kind: str
    is_text: bool = False
    is_time_as_text: bool = False

    @property
    def selected(self) -> sa.ColumnElement[Any]:
        """What to select for it, without a type of SQLAlchemy's, which would convert it."""
        column: sa.ColumnElement[Any] = sa.column(self.name)
        return sa.cast(column, sa.Text).label(self.name) if self.is_text else column


@dataclass(frozen=True)
class Keys:
    """What a database declares of how a table's rows are told apart and point at others.

    Attributes:
        primary: columns of the primary key, in its order; empty where none is declared.
        foreign: (column here, table, column there) of the foreign keys of one column.
    """

    primary: Sequence[str]
    foreign: Sequence[tuple[str, str, str]]


class Batches:
    """Rows of a query, to be read once, part by part.

    DuckDB holds what a statement has read of Arrow until the statement ends, so that ten million
    rows would be in memory at once: each part is for a statement of its own.

    DuckDB turns what fails while it reads into an error of its own, whose text may quote rows: what
    it was before is kept as `failure`. The highest value of one column is told afterwards.
    """

    def __init__(
        self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], follow: str | None = None
    ) -> None:
        """Take the batches of a query; `follow` names the column whose highest value is told."""
        self.failure: SourceError | None = None
        self.highest: int | str | date | datetime | None = None
        self._follow = follow
        self._schema = schema
        self._batches = self._watched(batches)

    def relations(self, con: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Iterator[str]:
        """What to select all rows from, in the types that they land in, part by part.

        A part is selected from once, and before the next; there is at least one.
        """
        stream = f"batches_{uuid4().hex}"
        casts = ", ".join(
            f"cast({identifier(column.name)} as {column.kind}) as {identifier(column.name)}"
            for column in columns
        )
        for part in self._parts():
            con.register(stream, part)
            yield f"(select {casts} from {stream}) as streamed"
            # After an error it stays with the connection: the name is nobody else's.
            con.unregister(stream)

    def copy(self, con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column]) -> None:
        """Make a temporary table of all rows, which then may be read more than once."""
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
                f"its cursor {self._follow} holds a time beyond the year 9999: correct that row"
            ) from None
        if value is not None and (self.highest is None or value > self.highest):
            self.highest = value


class Snapshot(Protocol):
    """One state of a database, the same for all that is read of it."""

    def tables(self) -> list[str]:
        """Names of tables and views, `schema.table` where it is not the schema of the session."""
        ...

    def columns(self, table: str) -> list[Column] | None:
        """The columns of a table in its order; None if there is no such table."""
        ...

    def keys(self, table: str) -> Keys:
        """The declared keys of a table."""
        ...

    def read(
        self, query: sa.Select[Any], columns: Sequence[Column], *, follow: str | None = None
    ) -> Batches:
        """Rows of a query that selects the columns; the batches before must have been read."""
        ...


def failure(name: str, what: str, problem: str, url: str, remedy: str) -> SourceError:
    """What went wrong at a database: the first line of what its driver says, without secrets."""
    first = problem.strip().splitlines()[0].strip().rstrip(".") if problem.strip() else "no reason"
    return SourceError(f"source {name}: {what} ({hide(first, url)}): {remedy}")
