"""A table of a database, checked against its configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from deployment.source_config import SqlTable
from ingestion.databases.high_water import can_rise
from ingestion.databases.snapshot import Column, Snapshot
from ingestion.errors import SourceError
from ingestion.landing.raw_table import LOAD_COLUMNS
from warehouse.quoting import identifier

_NUMBERS = ("SMALLINT", "INTEGER", "BIGINT", "UBIGINT")
_TEXTS = ("VARCHAR", "TEXT", "STRING")


@dataclass(frozen=True)
class DatabaseTable:
    """A table of a database that is extracted into a raw table.

    Attributes:
        source: name of the source.
        name: name of the raw table.
        config: its configuration.
        columns: columns of the database, as they are read.
    """

    source: str
    name: str
    config: SqlTable
    columns: Sequence[Column]

    @property
    def there(self) -> str:
        """Its name in the database."""
        return self.config.table or self.name

    @property
    def kinds(self) -> dict[str, str]:
        """DuckDB type by column."""
        return {column.name: column.kind for column in self.columns}

    @cached_property
    def key(self) -> list[Column]:
        """Columns of the key."""
        return [self._column(name) for name in self.config.key]

    @cached_property
    def cursor(self) -> Column | None:
        """The column that rises with every change, if one is configured."""
        return self._column(self.config.cursor) if self.config.cursor else None

    @cached_property
    def is_deleted(self) -> str | None:
        """SQL condition of a row marked as deleted, None without a `deleted_column`."""
        if self.config.deleted_column is None:
            return None
        column = self._column(self.config.deleted_column)
        marker = identifier(column.name)
        if column.kind == "BOOLEAN":
            return f"coalesce({marker}, false)"
        if column.kind in _NUMBERS:
            return f"coalesce({marker} != 0, false)"
        return f"{marker} is not null"

    def has(self, name: str) -> bool:
        """True if the database has a column, in any case."""
        return any(column.name.casefold() == name.casefold() for column in self.columns)

    def query(self, columns: Sequence[Column] | None = None) -> sa.Select[Any]:
        """A query of all rows with these columns, or with all columns."""
        schema, _, name = self.there.rpartition(".")
        table = sa.table(name, schema=schema or None)
        return sa.select(*(column.selected for column in columns or self.columns)).select_from(
            table
        )

    def check(self) -> None:
        """Check the columns against the configuration.

        Raises:
            SourceError: a column is missing, has a reserved name, or cannot be a cursor.
        """
        folded = {column.name.casefold() for column in self.columns}
        if len(folded) < len(self.columns) or folded & LOAD_COLUMNS.keys():
            raise SourceError(
                f"{self.source}.{self.name}: the table {self.there} has columns whose names differ"
                f" in case alone, or are one of {', '.join(LOAD_COLUMNS)}: read a view that renames"
                " them"
            )
        for name in (*self.config.columns, self.config.cursor, self.config.deleted_column):
            if name is not None:
                self._column(name)
        if self.cursor is not None and not can_rise(self.cursor):
            raise SourceError(
                f"{self.source}.{self.name}.{self.cursor.name}: expected a cursor that is a whole"
                f" number or a time, found {self.cursor.kind}: name another, or leave cursor out to"
                " read the whole table each time"
            )

    def _column(self, name: str) -> Column:
        for column in self.columns:
            if column.name.casefold() == name.casefold():
                return column
        raise SourceError(
            f"{self.source}.{self.name}.{name}: the table {self.there} has no such column: write"
            " its new name into the configuration and the models of"
            f" dbt_project/models/staging/{self.source}/, or list it under optional_columns"
        )


def find_table(snapshot: Snapshot, source: str, name: str, config: SqlTable) -> DatabaseTable:
    """The configured table; without columns if it is optional and missing.

    Raises:
        SourceError: the table is missing, or does not fit the configuration.
    """
    columns = snapshot.columns(config.table or name)
    if columns is None:
        if config.optional:
            return DatabaseTable(source, name, config, [])
        raise SourceError(
            f"{source}.{name}: the database has no table {config.table or name}: correct table,"
            " or say optional: true"
        )
    as_text = {name.casefold() for name, kind in config.types.items() if kind.upper() in _TEXTS}
    read = [
        replace(column, kind="VARCHAR", is_text=True)
        if column.name.casefold() in as_text
        else column
        for column in columns
    ]
    table = DatabaseTable(source, name, config, read)
    table.check()
    return table
