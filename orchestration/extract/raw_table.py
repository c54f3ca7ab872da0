"""A raw table: columns as delivered, growing and widening, never shrinking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from orchestration.quoting import identifier

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
        declared: Iterable[str],
        delivered: Sequence[Mapping[str, str]],
    ) -> None:
        """Make the table able to hold every delivered file, whatever columns and types it has.

        Without files it gets the `declared` columns as VARCHAR, unless it exists already. Types
        that differ are widened to one that holds both, VARCHAR if there is no other.
        """
        con.execute(f"create schema if not exists {identifier(self.schema)}")
        existing = self.columns(con)
        wanted = dict(existing)
        if existing and not self._was_loaded(con) and delivered:
            con.execute(f"drop table {self.name}")  # its types were placeholders
            existing, wanted = {}, {}
        for columns in delivered:
            _widen(con, wanted, columns)
        if not existing:
            self._create(con, wanted or dict.fromkeys(declared, "VARCHAR"))
            return
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


def _widen(
    con: duckdb.DuckDBPyConnection, wanted: dict[str, str], delivered: Mapping[str, str]
) -> None:
    """Change `wanted` so that it also holds `delivered`; names are equal whatever their case."""
    spelling = {column.casefold(): column for column in wanted}
    for column, kind in delivered.items():
        known = spelling.get(column.casefold())
        if known is None:
            wanted[column] = kind
            spelling[column.casefold()] = column
        elif wanted[known] != kind:
            wanted[known] = _common_type(con, wanted[known], kind)


def _common_type(con: duckdb.DuckDBPyConnection, one: str, other: str) -> str:
    """The type of a union of both if each becomes it without loss, otherwise VARCHAR."""
    try:
        row = con.execute(
            f"""
            with united as (select null::{one} as v union all select null::{other})

            select
                any_value(typeof(v)),
                bool_and(can_cast_implicitly(null::{one}, v)),
                bool_and(can_cast_implicitly(null::{other}, v))
            from united
            """
        ).fetchone()
    except duckdb.Error:
        return "VARCHAR"
    return str(row[0]) if row and row[1] and row[2] else "VARCHAR"
