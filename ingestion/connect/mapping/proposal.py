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
    """A column of the table itself.

    Attributes:
        column: the column.
        currency: for an amount in the smallest unit of its currency, the SQL of the currency.
        width: for an id without its leading zeros, the number of digits with them.
    """

    column: str
    currency: str | None = None
    width: int | None = None


@dataclass(frozen=True)
class FromWords:
    """A value for each known word of a column.

    Attributes:
        column: the column.
        values: (value in SQL, words in lower case).
        keeps_others: whether any other word stays as it is; else it is null.
    """

    column: str
    values: tuple[tuple[str, tuple[str, ...]], ...]
    keeps_others: bool = False


@dataclass(frozen=True)
class Hashed:
    """An id made of a column with personal data, which the id does not contain."""

    column: str


@dataclass(frozen=True)
class Numbered:
    """The value of a column and the number of the row among those with the same value.

    `beside` are further columns of the value, for rows that no single column holds together.
    """

    column: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class FromColumns:
    """Several columns of the table, concatenated to one key."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class FromNames:
    """The parts of a person's name, in the order in which they are written."""

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
    Only rows count whose columns in `kept` have one of the words, in lower case.
    """

    table: str
    by: str
    amount: str
    quantity: str | None
    column: str
    kept: tuple[tuple[str, tuple[str, ...]], ...] = ()
    currency: str | None = None


@dataclass(frozen=True)
class Added:
    """Sum of several amounts of a row, and of all rows of an order whose rows are grouped.

    Attributes:
        columns: the amounts.
        is_negated: whether the amounts are below zero, and their sum is above it.
    """

    columns: tuple[str, ...]
    is_negated: bool = False


@dataclass(frozen=True)
class PerPiece:
    """Price of a piece: the total of a line divided by its quantity."""

    amount: str
    quantity: str


@dataclass(frozen=True)
class FirstMatch:
    """Earliest time of the rows of another table that agree with a row in several columns.

    `pairs` are (column of this table, column of `table`).
    """

    table: str
    time: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Latest:
    """Latest time of the rows that a sum adds up."""

    total: Summed
    time: str


@dataclass(frozen=True)
class Constant:
    """SQL that reads no column."""

    sql: str


Value = (
    Added
    | FirstMatch
    | FromColumn
    | FromColumns
    | FromNames
    | FromWords
    | Hashed
    | Latest
    | LookedUp
    | Numbered
    | PerPiece
    | Summed
    | Constant
)


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
        notes: what was measured and leaves no question, for a comment in the model.
        is_grouped: whether rows of the table are grouped to one row of the entity.
        first_rows_of: column of which only the first row of each value is a row of the entity.
    """

    entity: Entity
    table: str
    points: float
    evidence: tuple[Evidence, ...]
    columns: Mapping[str, ColumnProposal]
    questions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_grouped: bool = False
    first_rows_of: str | None = None


@dataclass(frozen=True)
class NearMiss:
    """An entity that a table nearly has.

    Attributes:
        table: the table.
        entity: the entity.
        found: canonical columns with the source's columns.
        missing: canonical columns of which one is missing, by group.
        lines: lines for names.csv, one for each column that could be the missing one.
    """

    table: str
    entity: Entity
    found: dict[str, str]
    missing: tuple[tuple[str, ...], ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """Mapping of a source, at most one table for each entity.

    Attributes:
        profile: the source.
        entities: the proposed entities.
        kept_out: tables with attributes for which the entities have no column, and what to do.
        near_misses: entities that the other tables nearly have.
    """

    profile: SourceProfile
    entities: Sequence[EntityProposal]
    kept_out: Sequence[str] = ()
    near_misses: Sequence[NearMiss] = ()

    def of_table(self, table: str) -> list[EntityProposal]:
        """Entities of a table; an entity with the grain of the table comes first."""
        found = [each for each in self.entities if each.table == table]
        return sorted(found, key=lambda each: each.is_grouped or each.first_rows_of is not None)
