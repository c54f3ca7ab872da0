"""Proposal: the entity of each table and the origin of each canonical column, with evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deployment.source_config import Entity
from ingestion.connect.profiling.source_profile import SourceProfile


@dataclass(frozen=True)
class Evidence:
    """A reason for a proposal, and its points."""

    points: float
    reason: str


@dataclass(frozen=True)
class FromColumn:
    """A column of the table itself."""

    column: str


@dataclass(frozen=True)
class FromColumns:
    """Several columns of the table, concatenated to one key."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Hop:
    """A join to the row of `table` whose `key` has a value, of which `column` is taken."""

    table: str
    key: str
    column: str


@dataclass(frozen=True)
class LookedUp:
    """A column of another table, joined by a column of this table."""

    column: str
    hops: tuple[Hop, ...]


@dataclass(frozen=True)
class Summed:
    """Sum of an amount, or of price times quantity, over the rows that reference this table.

    `by` references `column` of this table. If `table` is this table, its rows are grouped by key.
    """

    table: str
    by: str
    amount: str
    quantity: str | None
    column: str


@dataclass(frozen=True)
class Constant:
    """SQL that reads no column."""

    sql: str


Value = FromColumn | FromColumns | LookedUp | Summed | Constant


@dataclass(frozen=True)
class ColumnProposal:
    """Origin of a canonical column; None where no column of the source is a candidate."""

    name: str
    value: Value | None = None
    evidence: tuple[Evidence, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntityProposal:
    """Proposed entity of a table.

    Attributes:
        entity: the entity.
        table: the raw table.
        points: sum of the evidence.
        evidence: evidence for the table as a whole.
        columns: proposal by canonical column, in staging's order.
        questions: open questions on the table as a whole.
        is_grouped: whether rows of the table are grouped to one row of the entity.
    """

    entity: Entity
    table: str
    points: float
    evidence: tuple[Evidence, ...]
    columns: Mapping[str, ColumnProposal]
    questions: tuple[str, ...] = ()
    is_grouped: bool = False


@dataclass(frozen=True)
class Proposal:
    """Mapping of a source, at most one table for each entity."""

    profile: SourceProfile
    entities: Sequence[EntityProposal]

    def of_table(self, table: str) -> list[EntityProposal]:
        """Entities of a table; an entity with the grain of the table comes first."""
        found = [each for each in self.entities if each.table == table]
        return sorted(found, key=lambda each: each.is_grouped)
