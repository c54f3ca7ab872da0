"""Raw tables: columns as delivered; rows and columns are added and never removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from deployment.source_config.base import SourceTable
from ingestion.landing.schema_drift import Comparison, Delivery, SchemaChange, write_changes
from warehouse.quoting import identifier

# First in the table, so that the order of columns does not depend on the number of runs.
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
        """The table's delivered columns with their types; empty if there is no table."""
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
        """Create or alter the table for the deliveries, and return the changes of its columns.

        Without deliveries a new table gets the columns of the configuration.

        Args:
            con: connection within a transaction, which also writes the changes.
            config: configuration of the table.
            delivered: the deliveries to be inserted, in their order.
            run_date: the date of the run.

        Raises:
            SourceError: a delivery lacks a required column, or has values that do not fit a type.
        """
        con.execute(f"create schema if not exists {identifier(self.schema)}")
        existing = self.columns(con)
        if existing and delivered and not self._was_loaded(con):
            con.execute(f"drop table {self.name}")  # created without a delivery, with default types
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
