"""References: columns whose values are another table's keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.keys import Key, is_id_like
from ingestion.connect.profiling.names import singular
from ingestion.connect.profiling.profile import TEXT, ColumnProfile, TableProfile
from warehouse.quoting import identifier

_MIN_CONTAINED_SHARE = 0.9


@dataclass(frozen=True)
class Reference:
    """A column that references another table.

    Attributes:
        table: the referencing table.
        column: the referencing column.
        target: the referenced table.
        target_column: the referenced table's key.
        share: share of the column's distinct values among the keys.
        is_declared: whether the source declares the foreign key.
        is_one_to_one: whether no value of the column repeats.
    """

    table: str
    column: str
    target: str
    target_column: str
    share: float
    is_declared: bool
    is_one_to_one: bool

    @property
    def reason(self) -> str:
        """Evidence of the reference, as a phrase."""
        if self.is_declared:
            return f"a declared foreign key to {self.target}.{self.target_column}"
        return f"{self.share:.1%} of its values are in {self.target}.{self.target_column}"


def find_references(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, TableProfile], keys: Mapping[str, Key]
) -> list[Reference]:
    """Return the references between tables, declared ones first, then by share."""
    found = []
    for name, table in tables.items():
        for column in table.columns.values():
            for target_name, target in tables.items():
                key = keys[target_name].columns
                if target_name == name or len(key) != 1 or keys[name].columns == (column.name,):
                    continue
                reference = _reference(con, table, column, target, key[0])
                if reference is not None:
                    found.append(reference)
    return sorted(found, key=lambda each: (not each.is_declared, -each.share))


def _reference(
    con: duckdb.DuckDBPyConnection,
    table: TableProfile,
    column: ColumnProfile,
    target: TableProfile,
    key: str,
) -> Reference | None:
    is_one_to_one = column.distinct == column.rows - column.nulls
    if (column.name, target.name, key) in table.table.references:
        return Reference(table.name, column.name, target.name, key, 1.0, True, is_one_to_one)
    if not is_id_like(column) or column.distinct < 2 or not _could_be(column, target, key):
        return None
    row = con.execute(
        f"""
        with pointing as (
            select distinct cast({identifier(column.name)} as varchar) as value
            from {table.table.relation}
            where nullif(cast({identifier(column.name)} as varchar), '') is not null
        )

        select count(*) / (select count(*) from pointing)
        from pointing
        semi join (
            select cast({identifier(key)} as varchar) as value from {target.table.relation}
        ) as targets using (value)
        """
    ).fetchone()
    share = float(row[0]) if row and row[0] is not None else 0.0
    if share < _MIN_CONTAINED_SHARE:
        return None
    return Reference(table.name, column.name, target.name, key, share, False, is_one_to_one)


def _could_be(column: ColumnProfile, target: TableProfile, key: str) -> bool:
    """Return whether shared values are evidence: 1, 2 and 3 are in every column of numbers."""
    if column.fits != target.columns[key].fits:
        return False
    if column.fits == TEXT:
        return True
    name = normalised(column.name)
    own = {singular(word) for word in normalised(target.name).split("_")}
    return name == normalised(key) or bool(own & {singular(word) for word in name.split("_")})
