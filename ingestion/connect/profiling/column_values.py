"""Non-empty values of one column, counted by set-based SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from ingestion.connect.origins.catalog import CatalogTable
from warehouse.quoting import identifier, literal


@dataclass(frozen=True)
class ColumnValues:
    """Values of a column as the relation `sql`: trimmed text `v` and raw value `typed`.

    Attributes:
        con: database that holds the table.
        table: the table.
        name: the column's name.
        count: number of values.
        distinct: number of distinct values.
        mean_length: mean number of characters.
    """

    con: duckdb.DuckDBPyConnection
    table: CatalogTable
    name: str
    count: int
    distinct: int
    mean_length: float

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, table: CatalogTable, name: str) -> ColumnValues:
        """Count the values of a column."""
        values = cls(con, table, name, 0, 0, 0.0)
        counts = values.one("count(*), count(distinct v), coalesce(avg(length(v)), 0)")
        return cls(con, table, name, int(counts[0]), int(counts[1]), float(counts[2]))

    @property
    def sql(self) -> str:
        """Subquery of the values."""
        quoted = identifier(self.name)
        text = f"nullif(trim(cast({quoted} as varchar)), '')"
        return (
            f"(select {text} as v, {quoted} as typed from {self.table.relation}"
            f" where {text} is not null)"
        )

    def one(self, selected: str, where: str = "true") -> tuple[Any, ...]:
        """Return the only row of an aggregation."""
        row = self.con.execute(f"select {selected} from {self.sql} where {where}").fetchone()
        assert row is not None
        return tuple(row)

    def counts(self, patterns: Sequence[str]) -> list[int]:
        """Return the number of values that match each regular expression."""
        matches = [f"count(*) filter (regexp_matches(v, {literal(each)}))" for each in patterns]
        return [int(count) for count in self.one(", ".join(matches))]

    def shares(self, patterns: Sequence[str]) -> list[float]:
        """Return the share of values that match each regular expression."""
        return [count / self.count if self.count else 0.0 for count in self.counts(patterns)]
