"""Profile of a whole source: its tables, their keys and the references between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from ingestion.connect.origins.catalog import Catalog
from ingestion.connect.profiling.first_rows import FirstRows, find_first_rows
from ingestion.connect.profiling.keys import Key, find_key
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.references import Reference, find_references
from ingestion.connect.profiling.table_profile import profile_table


@dataclass(frozen=True)
class SourceProfile:
    """Tables of a source.

    Attributes:
        con: database that holds the sampled rows.
        tables: profile by table.
        keys: key by table.
        references: references between the tables, the strongest first.
        first_rows: columns of orders and of lines, by table that has both.
    """

    con: duckdb.DuckDBPyConnection
    tables: Mapping[str, TableProfile]
    keys: Mapping[str, Key]
    references: Sequence[Reference]
    first_rows: Mapping[str, FirstRows] = field(default_factory=dict)

    def references_of(self, table: str, column: str | None = None) -> list[Reference]:
        """References of a table, or of one of its columns, to other tables."""
        return [
            each
            for each in self.references
            if each.table == table and column in (None, each.column)
        ]

    def references_to(self, table: str) -> list[Reference]:
        """References of other tables to a table."""
        return [each for each in self.references if each.target == table]


def profile_source(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> SourceProfile:
    """Return the profile of the tables that `con` holds."""
    tables = {table.name: profile_table(con, table) for table in catalog.tables}
    keys = {name: find_key(con, table) for name, table in tables.items()}
    first_rows = {
        name: found
        for name, table in tables.items()
        if len(keys[name].columns) != 1 and (found := find_first_rows(con, table)) is not None
    }
    return SourceProfile(con, tables, keys, find_references(con, tables, keys), first_rows)
