"""Schema drift: the columns of a delivery compared with those before, accepted or refused.

A new column is kept. A missing optional column is null. A changed type is accepted if a common type
holds all values without loss, or if all delivered values fit the known type. Any other change would
break the staging models: the source is refused, and the message names the models to edit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import duckdb

from deployment.source_config.base import SourceTable
from ingestion.errors import SourceError
from ingestion.landing.column_types import canonical_type, common_type, not_castable
from warehouse.quoting import identifier


@dataclass(frozen=True)
class Delivery:
    """Rows to be inserted.

    Attributes:
        name: name in messages: a file, or a table of a mutable source.
        columns: DuckDB type by column.
        relation: SQL relation of the rows, None if they cannot be read before the insert.
        is_sparse: whether a column without values may be missing, as in JSON; a missing column is
            then not reported.
    """

    name: str
    columns: Mapping[str, str]
    relation: str | None = None
    is_sparse: bool = False


@dataclass(frozen=True)
class SchemaChange:
    """One change of a column, compared with earlier deliveries."""

    column: str
    change: Literal["added", "missing", "retyped", "returned"]
    old_type: str | None
    new_type: str | None

    def __str__(self) -> str:
        """The change as text: `amount: BIGINT is now DOUBLE`."""
        if self.change == "retyped":
            return f"{self.column}: {self.old_type} is now {self.new_type}"
        return f"{self.column} is {self.change}"


@dataclass
class Comparison:
    """Comparison of a raw table's columns with deliveries.

    Attributes:
        source: name of the source.
        table: name of the raw table.
        config: its configuration.
        existing: type by column of the table now, empty if it is new.
        wanted: type by column that the table needs for the deliveries.
        changes: changes to report.
    """

    source: str
    table: str
    config: SourceTable
    existing: Mapping[str, str]
    wanted: dict[str, str] = field(default_factory=dict)
    changes: list[SchemaChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wanted = dict(self.existing)
        self._spelling = {column.casefold(): column for column in self.wanted}
        self._types: dict[str, str] = {}
        self._absent: set[str] = set()
        self._reported: dict[str, str] = dict(self.existing)
        self._seen: list[Delivery] = []

    def read_configuration(self, con: duckdb.DuckDBPyConnection) -> None:
        """Apply the types of the configuration, also to existing columns.

        Raises:
            SourceError: DuckDB has no such type, or existing rows have values that do not fit it.
        """
        for column, given in self.config.types.items():
            kind = canonical_type(con, self._column(column), given)
            self._types[column.casefold()] = kind
            known = self._spelling.get(column.casefold())
            if known is None or self.wanted[known] == kind:
                continue
            old = self.wanted[known]
            lost = not_castable(con, self._raw, known, old, kind)
            if lost:
                raise SourceError(
                    f"{self._column(known)} is {old}, and {lost} existing values are no {kind}:"
                    " set another type in types"
                )
            self.wanted[known] = kind
            self._report(known, "retyped", old, kind)

    def remember(self, con: duckdb.DuckDBPyConnection) -> None:
        """Read the changes reported before, so that they are not reported again."""
        reported = con.execute(
            """
            select column_name, change, new_type from ops.schema_changes
            where source = ? and table_name = ?
            order by rowid
            """,
            [self.source, self.table],
        ).fetchall()
        for column, change, new_type in reported:
            if change == "missing":
                self._absent.add(column)
            elif column in self.wanted:
                self._absent.discard(column)
                self._reported[column] = new_type

    def take(self, con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
        """Add a delivery.

        Raises:
            SourceError: a required column is missing, or has values that do not fit its type.
        """
        is_first = not self.wanted
        there = {column.casefold() for column in delivery.columns}
        lacking = [column for column in self.config.columns if column.casefold() not in there]
        if lacking:
            raise SourceError(f"{delivery.name}: {self.lacking(lacking, delivery.columns)}")
        for column, kind in delivery.columns.items():
            self._take_column(con, delivery, column, kind, is_first=is_first)
        self.add_optional()
        self._note_absent(delivery, there)
        self._seen.append(delivery)

    def add_optional(self) -> None:
        """Add the optional columns, which are null where they are missing."""
        for column in self.config.optional_columns:
            if column.casefold() not in self._spelling:
                self._add(column, self._types.get(column.casefold(), "VARCHAR"))

    def declared(self) -> dict[str, str]:
        """The columns of a table without any delivery: those of the configuration."""
        columns = [*self.config.columns, *self.config.optional_columns]
        return {column: self._types.get(column.casefold(), "VARCHAR") for column in columns}

    def lacking(self, columns: Sequence[str], there: Mapping[str, str]) -> str:
        """Message of a delivery without some required columns."""
        known = [f"{self._column(column)} ({self._known_type(column)})" for column in columns]
        return (
            f"missing column {', '.join(columns)}; there are {', '.join(there) or 'none'}:"
            f" correct the export, or, if {', '.join(known)} will not come again, move it to"
            f" optional_columns in the configuration and edit {self.staging}"
        )

    @property
    def staging(self) -> str:
        """The staging models of the table."""
        return staging_models(self.source, self.config)

    @property
    def _raw(self) -> str:
        return identifier(f"raw_{self.source}", self.table)

    def _column(self, column: str) -> str:
        return f"{self.source}.{self.table}.{column}"

    def _known_type(self, column: str) -> str:
        known = self._spelling.get(column.casefold())
        return f"{self.wanted[known]} before, now none" if known else "none so far"

    def _take_column(
        self,
        con: duckdb.DuckDBPyConnection,
        delivery: Delivery,
        column: str,
        kind: str,
        *,
        is_first: bool,
    ) -> None:
        known = self._spelling.get(column.casefold())
        declared = self._types.get(column.casefold())
        if known is None:
            known = column
            self._add(column, declared or kind, reported=kind)
            if not is_first:
                self._report(column, "added", None, kind)
        elif known in self._absent:
            self._absent.discard(known)
            self._report(known, "returned", None, kind)
            self._reported[known] = kind
        if declared:
            self._must_cast(con, delivery, column, kind, declared)
            return
        if kind != self.wanted[known]:
            self._reconcile(con, delivery, column, known, kind)
        if kind != self._reported[known]:
            self._report(known, "retyped", self._reported[known], kind)
            self._reported[known] = kind

    def _reconcile(
        self,
        con: duckdb.DuckDBPyConnection,
        delivery: Delivery,
        column: str,
        known: str,
        kind: str,
    ) -> None:
        if self._is_empty(con, known):
            self.wanted[known] = kind
            return
        common = common_type(con, self.wanted[known], kind)
        if common:
            self.wanted[known] = common
        else:
            self._must_cast(con, delivery, column, kind, self.wanted[known])

    def _must_cast(
        self,
        con: duckdb.DuckDBPyConnection,
        delivery: Delivery,
        column: str,
        kind: str,
        wanted: str,
    ) -> None:
        if kind == wanted or wanted == "VARCHAR":
            return
        lost = not_castable(con, delivery.relation, column, kind, wanted)
        if lost == 0:
            return
        how_many = "values" if lost is None else f"{lost} values"
        raise SourceError(
            f"{delivery.name}: {self._column(column)} was {wanted} and is now {kind}, with"
            f" {how_many} that are no {wanted}: correct the export, or set"
            f" types: {{{column}: {kind}}} in the configuration and edit {self.staging}"
        )

    def _is_empty(self, con: duckdb.DuckDBPyConnection, known: str) -> bool:
        """True if no row of the table or of earlier deliveries has a value in the column."""
        held = [self._raw] if known in self.existing else []
        for delivery in self._seen:
            if known.casefold() in {column.casefold() for column in delivery.columns}:
                if delivery.relation is None:
                    return False
                held.append(delivery.relation)
        found = (
            con.execute(
                f"select 1 from {relation} where {identifier(known)} is not null limit 1"
            ).fetchone()
            for relation in held
        )
        return not any(found)

    def _note_absent(self, delivery: Delivery, there: set[str]) -> None:
        optional = {column.casefold() for column in self.config.optional_columns}
        for folded, column in self._spelling.items():
            is_reported = folded in optional or not delivery.is_sparse
            if folded not in there and column not in self._absent and is_reported:
                self._absent.add(column)
                self._report(column, "missing", self.wanted[column], None)

    def _add(self, column: str, kind: str, reported: str | None = None) -> None:
        self.wanted[column] = kind
        self._spelling[column.casefold()] = column
        self._reported[column] = reported or kind

    def _report(
        self,
        column: str,
        change: Literal["added", "missing", "retyped", "returned"],
        old_type: str | None,
        new_type: str | None,
    ) -> None:
        self.changes.append(SchemaChange(column, change, old_type, new_type))


def write_changes(
    con: duckdb.DuckDBPyConnection, comparison: Comparison, run_date: date
) -> list[SchemaChange]:
    """Write the changes to `ops.schema_changes`, within the caller's transaction; return them."""
    for change in comparison.changes:
        con.execute(
            "insert into ops.schema_changes values (?, ?, ?, ?, ?, ?, ?)",
            [
                comparison.source,
                comparison.table,
                run_date,
                change.column,
                change.change,
                change.old_type,
                change.new_type,
            ],
        )
    return comparison.changes


def staging_models(source: str, config: SourceTable) -> str:
    """Paths of the staging models of a table, for messages."""
    folder = f"dbt_project/models/staging/{source}"
    models = [f"{folder}/stg_{source}__{entity}.sql" for entity in config.provides]
    return " and ".join(models) or f"the models in {folder} that read it"
