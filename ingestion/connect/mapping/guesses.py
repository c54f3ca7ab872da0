"""What a mapping says: which table is which entity, each column's origin, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from deployment.source_config import Entity
from ingestion.connect.profiling.keys import Key, Reference
from ingestion.connect.profiling.profile import TableProfile


@dataclass(frozen=True)
class Evidence:
    """Why something was guessed: points for it, in words."""

    points: float
    told: str


@dataclass(frozen=True)
class Hop:
    """From a value to the row of `table` that has it as `key`, and there to `column`."""

    table: str
    key: str
    column: str


@dataclass(frozen=True)
class FromColumn:
    """A column of the table itself."""

    column: str


@dataclass(frozen=True)
class FromColumns:
    """Several columns of the table, joined to one key."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class LookedUp:
    """A column of another table, found by a column of this one."""

    column: str
    hops: tuple[Hop, ...]


@dataclass(frozen=True)
class Summed:
    """An amount of the rows of another table that point at this one; price times quantity, if any.

    Where `table` is the table itself, its rows are grouped to one a key.
    """

    table: str
    by: str
    amount: str
    quantity: str | None
    column: str


@dataclass(frozen=True)
class Written:
    """SQL that reads no column."""

    sql: str


Value = FromColumn | FromColumns | LookedUp | Summed | Written


@dataclass(frozen=True)
class FieldGuess:
    """What a canonical column is taken from; None where the source does not seem to say it."""

    field: str
    value: Value | None
    evidence: tuple[Evidence, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntityGuess:
    """What a table is taken for.

    Attributes:
        entity: the entity.
        table: the raw table.
        points: of all the evidence.
        evidence: for the table as a whole.
        fields: a guess for each canonical column, in staging's order.
        doubts: about the table as a whole.
        is_grouped: whether several rows of the table are one of the entity.
    """

    entity: Entity
    table: str
    points: float
    evidence: tuple[Evidence, ...]
    fields: Mapping[str, FieldGuess]
    doubts: tuple[str, ...] = ()
    is_grouped: bool = False


@dataclass(frozen=True)
class Findings:
    """What is known of a source's tables.

    Attributes:
        con: the database that holds them.
        tables: profile by table.
        keys: key by table.
        references: what points at what.
    """

    con: duckdb.DuckDBPyConnection
    tables: Mapping[str, TableProfile]
    keys: Mapping[str, Key]
    references: Sequence[Reference]

    def pointing(self, table: str, column: str | None = None) -> list[Reference]:
        """What a table, or one column of it, points at, the best first."""
        return [
            each
            for each in self.references
            if each.table == table and column in (None, each.column)
        ]

    def pointed_at(self, table: str) -> list[Reference]:
        """What points at a table."""
        return [each for each in self.references if each.target == table]


@dataclass(frozen=True)
class Proposal:
    """The mapping of a source: at most one table an entity; and what was found on the way."""

    findings: Findings
    entities: Sequence[EntityGuess]

    def of_table(self, table: str) -> list[EntityGuess]:
        """What a table is taken for, the entity that accounts for its rows first."""
        found = [each for each in self.entities if each.table == table]
        return sorted(found, key=lambda each: each.is_grouped)
