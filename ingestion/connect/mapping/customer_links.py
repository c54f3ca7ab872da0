"""Customer of each row: its own column, or a column of a table that it references."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.connect.mapping.column_evidence import fits_kind
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
    Hop,
    LookedUp,
    Value,
)
from ingestion.connect.profiling.entities import ID
from ingestion.connect.profiling.keys import is_id_like
from ingestion.connect.profiling.names import NAMED, column_points, table_points
from ingestion.connect.profiling.source_profile import SourceProfile

_MAX_HOPS = 2


@dataclass(frozen=True)
class PersonColumn:
    """Column of the customers' table that identifies a person where the table's key does not."""

    table: str
    key: str
    column: str
    reason: str

    @property
    def question(self) -> str:
        """Question whether the column identifies the person."""
        reason = self.reason[:1].upper() + self.reason[1:]
        return f"is {self.table}.{self.column} the person? {reason}"


def person_column(profile: SourceProfile, customers: EntityProposal) -> PersonColumn | None:
    """Return an id that repeats in a customers' table whose key has one order each, or None.

    Some shops give each order its own customer id, by which no customer ever returns.
    """
    key = profile.keys[customers.table].columns
    if len(key) != 1:
        return None
    once = [
        each
        for each in profile.references_to(customers.table)
        if each.is_one_to_one and table_points("orders", each.table)[0] > 0
    ]
    table = profile.tables[customers.table]
    for column in table.columns.values():
        if (
            once
            and column.name != key[0]
            and is_id_like(column)
            and column.is_complete
            and table.rows / 2 <= column.distinct < table.rows
        ):
            reason = (
                f"each {key[0]} has one row of {once[0].table}, while {column.name} repeats"
                f" ({column.distinct:,} distinct in {table.rows:,} rows)"
            )
            return PersonColumn(customers.table, key[0], column.name, reason)
    return None


def customer_key(person: PersonColumn) -> ColumnProposal:
    """Return the customers' own id, read from the column that identifies the person."""
    return ColumnProposal(
        "source_customer_id",
        FromColumn(person.column),
        (Evidence(3.0, person.reason),),
        (person.question,),
    )


def customer_link(
    profile: SourceProfile,
    customers: EntityProposal | None,
    proposal: EntityProposal,
    person: PersonColumn | None,
) -> ColumnProposal:
    """Return the `source_customer_id` of an entity other than the customers."""
    found = proposal.columns["source_customer_id"]
    table = customers.table if customers else None
    hops: tuple[Hop, ...] = ()
    evidence = found.evidence
    questions: list[str] = []
    if isinstance(found.value, FromColumn):
        column = found.value.column
        is_known = any(
            each.target == table for each in profile.references_of(proposal.table, column)
        )
        questions += found.questions
    else:
        path = _path_to_customers(profile, proposal.table, table)
        if path is None:
            return ColumnProposal(found.name, questions=(_no_customer(proposal),))
        column, hops, reason = path
        evidence, is_known = (Evidence(2.0, reason),), True
    if person and is_known:
        hops = (*hops, Hop(person.table, person.key, person.column))
        evidence = (*evidence, Evidence(3.0, person.reason))
        questions.append(person.question)
    value: Value = LookedUp(column, hops) if hops else FromColumn(column)
    return ColumnProposal(found.name, value, evidence, tuple(questions))


def _no_customer(proposal: EntityProposal) -> str:
    if proposal.entity == "orders":
        return "no column contains an order's source_customer_id: are all orders by guests?"
    return (
        f"no column of {proposal.table}, nor of a table that it references, contains"
        " source_customer_id: rows without it are rejected"
    )


def _path_to_customers(
    profile: SourceProfile, table: str, customers: str | None
) -> tuple[str, tuple[Hop, ...], str] | None:
    """Return the column, the hops and the evidence of the shortest path to a customer's id."""
    paths: list[tuple[str, str, tuple[Hop, ...], str]] = [
        (each.target, each.column, (), each.reason) for each in profile.references_of(table)
    ]
    starts = {each.target: each for each in profile.references_of(table)}
    for _ in range(_MAX_HOPS):
        longer = []
        for at, column, hops, reason in paths:
            reference = starts.get(at) or next(iter(profile.references_to(at)))
            owner = _customer_column(profile, at, customers)
            if owner is not None:
                hop = Hop(at, reference.target_column, owner)
                return column, (*hops, hop), f"{column}: {reason}, whose {owner} is the customer"
            for each in profile.references_of(at):
                hop = Hop(at, reference.target_column, each.column)
                longer.append((each.target, column, (*hops, hop), reason))
        paths = longer
    return None


def _customer_column(profile: SourceProfile, table: str, customers: str | None) -> str | None:
    for each in profile.references_of(table):
        if each.target == customers:
            return each.column
    for column in profile.tables[table].columns.values():
        points, _ = column_points("orders", "source_customer_id", column.name, table)
        if points >= NAMED and fits_kind(ID, column, points):
            return column.name
    return None
