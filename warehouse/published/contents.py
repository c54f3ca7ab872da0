"""Description of a published version: its tables with columns and rows, as written beside it.

`published/current.json`, the manifest of the Parquet files and the comment of the PostgreSQL schema
are this description, so that a reader of any of them can tell which version it reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import duckdb

from warehouse.quoting import identifier

DESCRIPTION_FORMAT = 1


@dataclass(frozen=True)
class Column:
    """A published column: name, DuckDB's type and description."""

    name: str
    type: str
    comment: str | None


@dataclass(frozen=True)
class TableContents:
    """A table of a published file."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[Column, ...]
    rows: int

    @property
    def label(self) -> str:
        """`schema.name`."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class FileContents:
    """The tables of a published file, by label, and the one row of its `ops.publication`."""

    company: str | None
    as_of_date: date | None
    model_version: str | None
    tables: tuple[TableContents, ...]

    @property
    def rows(self) -> dict[str, int]:
        """Number of rows by `schema.table`."""
        return {table.label: table.rows for table in self.tables}

    @property
    def schema_hash(self) -> str:
        """SHA-256 of the names and types of all columns, in their order; comments do not count."""
        shape = [
            [table.label, [[column.name, column.type] for column in table.columns]]
            for table in self.tables
        ]
        return sha256(json.dumps(shape).encode()).hexdigest()

    def description(self, **further: Any) -> dict[str, Any]:
        """The description as it is written to JSON, with further entries in front."""
        return {
            "format": DESCRIPTION_FORMAT,
            **further,
            "company": self.company,
            "as_of_date": self.as_of_date and self.as_of_date.isoformat(),
            "model_version": self.model_version,
            "schema_hash": self.schema_hash,
            "rows": self.rows,
        }


def read_contents(con: duckdb.DuckDBPyConnection, database: str) -> FileContents:
    """The contents of a published file that is attached as `database`."""
    columns = con.execute(
        """
        select schema_name, table_name, column_name, data_type, comment
        from duckdb_columns()
        where database_name = ? and not internal
        order by schema_name, table_name, column_index
        """,
        [database],
    ).fetchall()
    comments = con.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = ?",
        [database],
    ).fetchall()
    comment_of = {(schema, name): comment for schema, name, comment in comments}
    columns_of: dict[tuple[str, str], list[Column]] = {key: [] for key in sorted(comment_of)}
    for schema, table, *column in columns:
        if (schema, table) in columns_of:  # and not a view
            columns_of[schema, table].append(Column(*column))
    rows = _rows(con, database, list(columns_of))
    publication = con.execute(
        f"select company, as_of_date, model_version from {identifier(database)}.ops.publication"
    ).fetchone()
    company, as_of_date, model_version = publication or (None, None, None)
    return FileContents(
        company,
        as_of_date,
        model_version,
        tuple(
            TableContents(*key, comment_of[key], tuple(found), rows[key])
            for key, found in columns_of.items()
        ),
    )


def _rows(
    con: duckdb.DuckDBPyConnection, database: str, tables: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    counts = ", ".join(f"(select count(*) from {identifier(database, *table)})" for table in tables)
    row = con.execute(f"select {counts}").fetchone()
    assert row is not None
    return dict(zip(tables, row, strict=True))
