"""A raw table: columns as delivered, growing and widening, never shrinking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from deployment.source_config.base import SourceTable
from ingestion.landing.schema_drift import Comparison, Delivery, SchemaChange, write_changes
from warehouse.quoting import identifier

# They come first, so that a column that a later file adds stands where it would stand had all
# files come at once.
LOAD_COLUMNS = {
    "_load_id": "BIGINT",
    "_file": "VARCHAR",
    "_row": "BIGINT",
    "_loaded_at": "TIMESTAMP WITH TIME ZONE",
}


@dataclass(frozen=True)
class RawTable:
    """`raw_<source>.<table>`."""

    source: str
    table: str

    @property
    def schema(self) -> str:
        """Name of the source's schema."""
        return f"raw_{self.source}"

    @property
    def name(self) -> str:
        """Qualified, quoted name."""
        return identifier(self.schema, self.table)

    def columns(self, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """The delivered columns that the table has, with their types; empty if it is not there."""
        rows = con.execute(
            """
            select column_name, data_type
            from duckdb_columns()
            where database_name = current_database() and schema_name = ? and table_name = ?
            order by column_index
            """,
            [self.schema, self.table],
        ).fetchall()
        return {name: kind for name, kind in rows if name not in LOAD_COLUMNS}

    def fit(
        self,
        con: duckdb.DuckDBPyConnection,
        config: SourceTable,
        delivered: Sequence[Delivery],
        run_date: date,
    ) -> list[SchemaChange]:
        """Make the table able to hold every delivery, and say what has changed of its columns.

        Without deliveries it gets the columns of the configuration, unless it exists already.

        Args:
            con: connection within a transaction, to which the changes are written too.
            config: what the configuration says of the table.
            delivered: what is about to be inserted, in its order.
            run_date: the date of the run that sees it.

        Raises:
            SourceError: a delivery lacks a column that must be there, or has values in one that
                are not of its type.
        """
        con.execute(f"create schema if not exists {identifier(self.schema)}")
        existing = self.columns(con)
        if existing and delivered and not self._was_loaded(con):
            con.execute(f"drop table {self.name}")  # its types were placeholders
            existing = {}
        comparison = Comparison(self.source, self.table, config, existing)
        comparison.remember(con)
        comparison.read_configuration(con)
        for delivery in delivered:
            comparison.take(con, delivery)
        if existing:
            comparison.add_optional()
            self._alter(con, existing, comparison.wanted)
        else:
            self._create(con, comparison.wanted or comparison.declared())
        return write_changes(con, comparison, run_date)

    def _alter(
        self,
        con: duckdb.DuckDBPyConnection,
        existing: Mapping[str, str],
        wanted: Mapping[str, str],
    ) -> None:
        for column, kind in wanted.items():
            if column not in existing:
                con.execute(f"alter table {self.name} add column {identifier(column)} {kind}")
            elif existing[column] != kind:
                con.execute(f"alter table {self.name} alter {identifier(column)} type {kind}")

    def _create(self, con: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> None:
        definitions = ", ".join(
            f"{identifier(column)} {kind}" for column, kind in {**LOAD_COLUMNS, **columns}.items()
        )
        con.execute(f"create table {self.name} ({definitions})")

    def _was_loaded(self, con: duckdb.DuckDBPyConnection) -> bool:
        return bool(
            con.execute(
                "select 1 from ops.load_ledger where source = ? and table_name = ? limit 1",
                [self.source, self.table],
            ).fetchone()
        )
