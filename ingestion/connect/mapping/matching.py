"""Schema matching: the entity of each table, and the source's column for each canonical column.

Evidence is scored: names in a catalogue, kinds and patterns of values, keys and references. A match
below `SURE_POINTS`, or with a rival, carries an open question, which becomes a TODO in the drafts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from deployment.source_config import Entity
from ingestion.connect.mapping.amounts.order_amounts import grouped_orders
from ingestion.connect.mapping.column_evidence import column_evidence
from ingestion.connect.mapping.completion import completed
from ingestion.connect.mapping.customer_links import person_column
from ingestion.connect.mapping.email_customers import customers_by_email
from ingestion.connect.mapping.first_row_orders import first_row_orders
from ingestion.connect.mapping.permissions.consents import consents
from ingestion.connect.mapping.permissions.suppressions import suppressions
from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
    FromColumns,
    Proposal,
)
from ingestion.connect.mapping.shapes.by_shape import entities_by_shape, unused_tables
from ingestion.connect.mapping.shapes.near_misses import near_misses
from ingestion.connect.mapping.shapes.shaped_times import with_shaped_times
from ingestion.connect.mapping.value_questions import value_questions
from ingestion.connect.profiling.entities import SCHEMAS
from ingestion.connect.profiling.keys import Key
from ingestion.connect.profiling.names import ENDING, EXACT, NAMED, column_points, table_points
from ingestion.connect.profiling.profile import TableProfile
from ingestion.connect.profiling.source_profile import SourceProfile

# Entities of which a table is known by its values; found before those that are known by names.
PERMISSIONS: Mapping[Entity, Callable[..., EntityProposal | None]] = {
    "suppressions": suppressions,
    "consents": consents,
}
SURE_POINTS = 3.0
_MIN_ENTITY_POINTS = 5.0


def propose(profile: SourceProfile) -> Proposal:
    """Propose at most one entity for each table, the pairs with most points first."""
    chosen = _first_row_entities(profile)
    columns = partial(_columns, profile)
    for entity, find in PERMISSIONS.items():
        found = find(profile, {each.table for each in chosen.values()}, columns)
        if found is not None:
            chosen[entity] = found
    _choose(profile, chosen)
    if "orders" not in chosen and "order_lines" in chosen:
        grouped = grouped_orders(profile, chosen["order_lines"])
        if grouped is not None:
            chosen["orders"], chosen["order_lines"] = grouped
    if "orders" not in chosen and "subscriptions" not in chosen:
        timed = {name: with_shaped_times(profile.con, t) for name, t in profile.tables.items()}
        profile = replace(profile, tables=timed)
    columns = partial(_columns, profile)
    chosen, kept_out = entities_by_shape(profile, chosen, columns)
    if "customers" not in chosen and "orders" in chosen:
        by_email = customers_by_email(profile, chosen["orders"])
        if by_email is not None:
            chosen["orders"], chosen["customers"] = by_email
    customers = chosen.get("customers")
    person = person_column(profile, customers) if customers else None
    entities = [
        completed(profile, chosen, chosen[entity], person) for entity in SCHEMAS if entity in chosen
    ]
    unused = unused_tables(profile, entities)
    misses = [miss for name in unused for miss in near_misses(profile.tables[name], columns)]
    return Proposal(profile, entities, kept_out, misses)


def _choose(profile: SourceProfile, chosen: dict[Entity, EntityProposal]) -> None:
    """Add the best candidate of each entity by its names; further ones become questions."""
    candidates = [
        candidate
        for table in profile.tables.values()
        if table.name not in {each.table for each in chosen.values()}
        for entity in SCHEMAS
        if entity not in PERMISSIONS
        if (candidate := _candidate(profile, entity, table)) is not None
    ]
    candidates = [each for each in candidates if not _is_part_of_orders(profile, each, candidates)]
    candidates.sort(key=lambda each: (-each.points, list(SCHEMAS).index(each.entity)))
    rivals = []
    for candidate in candidates:
        if candidate.entity in chosen:
            rivals.append(candidate)
        elif all(candidate.table != other.table for other in chosen.values()):
            chosen[candidate.entity] = candidate
    for rival in rivals:
        if all(rival.table != other.table for other in chosen.values()):
            chosen[rival.entity] = _with_rival(chosen[rival.entity], rival)


def _is_part_of_orders(
    profile: SourceProfile, candidate: EntityProposal, candidates: Sequence[EntityProposal]
) -> bool:
    """Return whether a candidate for the orders references another: transactions of orders."""
    orders = {each.table for each in candidates if each.entity == "orders"}
    return candidate.entity == "orders" and any(
        each.target in orders for each in profile.references_of(candidate.table)
    )


def _with_rival(chosen: EntityProposal, rival: EntityProposal) -> EntityProposal:
    """Return the proposal with the question whether another table has rows of its entity too."""
    question = (
        f"does {rival.table} contain {rival.entity} too ({rival.points:.1f} points to"
        f" {chosen.points:.1f})? One model holds all {rival.entity} of a source: unite both tables"
        " here"
    )
    return replace(chosen, questions=(*chosen.questions, question))


def _first_row_entities(profile: SourceProfile) -> dict[Entity, EntityProposal]:
    """Return the orders and lines of the first table that has both in one."""
    for name, rows in profile.first_rows.items():
        found = first_row_orders(
            profile.tables[name], rows, lambda entity, table: _columns(profile, entity, table)
        )
        if found:
            return {each.entity: each for each in found}
    return {}


def _candidate(
    profile: SourceProfile, entity: Entity, table: TableProfile
) -> EntityProposal | None:
    """Return the table as an entity, or None where the evidence is too weak."""
    schema = SCHEMAS[entity]
    columns = _columns(profile, entity, table)
    found = {name for name, proposal in columns.items() if proposal.value is not None}
    points, like = table_points(entity, table.name)
    missing = sum(not found & group for group in schema.essential.values())
    # A table that is named as the entity may lack one: what is missing is a question.
    if missing > (points >= EXACT and bool(found - {schema.key})):
        return None
    if entity in ("customers", "orders", "tickets") and not _is_keyed(columns[schema.key]):
        return None
    if not _is_distinctive(entity, found & schema.distinctive, points):
        return None
    evidence = []
    if points:
        evidence.append(Evidence(2 * points, f"the table's name {table.name} matches {like}"))
    for name in sorted(found):
        value = columns[name].value
        if isinstance(value, FromColumn):
            evidence.append(Evidence(1 + (name in schema.distinctive), f"{name}: {value.column}"))
    total = sum(each.points for each in evidence)
    if total < _MIN_ENTITY_POINTS:
        return None
    questions: tuple[str, ...] = ()
    if points < ENDING:
        questions = (f"is {table.name} a table of {entity}? Its columns match, its name does not",)
    return EntityProposal(entity, table.name, total, tuple(evidence), columns, questions)


def _is_distinctive(entity: Entity, found: set[str], points: float) -> bool:
    """Return whether distinctive columns, or the table's name, identify the entity."""
    # Texts, e-mail addresses and telephone numbers are rarer than columns named status.
    weight = sum(2 if name in ("text", "email", "phone") else 1 for name in found)
    if points < ENDING and weight < 2:
        return False
    if points == 0 and entity == "customers":
        return bool(found & {"email", "phone"})
    return points > 0 or entity != "events"


def _is_keyed(key: ColumnProposal) -> bool:
    """Return whether the entity's id is a key of the table: else the grain is another one."""
    return isinstance(key.value, FromColumn) and bool(key.evidence and key.evidence[0].points >= 2)


def _columns(
    profile: SourceProfile, entity: Entity, table: TableProfile
) -> dict[str, ColumnProposal]:
    """Match each canonical column with at most one column, the pairs with most points first."""
    schema = SCHEMAS[entity]
    key = _key(profile, entity, table)
    # A key without the name of one may be another canonical column as well.
    taken = {key.value.column} if isinstance(key.value, FromColumn) and not key.questions else set()
    pairs = []
    for name in list(schema.columns)[1:]:
        for column in table.columns.values():
            evidence = column_evidence(profile, entity, table, name, column)
            if evidence:
                total = sum(each.points for each in evidence)
                pairs.append((total, name, column.name, evidence))
    # Of two columns with the same points the complete one comes first: Created at, then Paid at.
    pairs.sort(
        key=lambda pair: (
            -pair[0],
            not table.columns[pair[2]].is_complete,
            list(table.columns).index(pair[2]),
        )
    )
    found: dict[str, ColumnProposal] = {schema.key: key}
    for total, name, column_name, evidence in pairs:
        if name in found or column_name in taken:
            continue
        rivals = [
            other
            for points, other_name, other, _ in pairs
            if other_name == name
            and other != column_name
            and other not in taken
            and points >= total - 0.5
        ]
        found[name] = _match(entity, table, name, column_name, evidence, rivals)
        if found[name].value is not None:
            taken.add(column_name)
    return {name: found.get(name, ColumnProposal(name)) for name in schema.columns}


def _match(
    entity: Entity,
    table: TableProfile,
    name: str,
    column: str,
    evidence: tuple[Evidence, ...],
    rivals: list[str],
) -> ColumnProposal:
    """Return a column as a canonical column, with the open questions."""
    questions = []
    if sum(each.points for each in evidence) < SURE_POINTS:
        reasons = "; ".join(each.reason for each in evidence)
        questions.append(f"is {column} the {name}? The only evidence: {reasons}")
        if name not in SCHEMAS[entity].required:
            return ColumnProposal(name, questions=tuple(questions))
    if rivals:
        questions.append(f"{name} is read from {column}: is {' or '.join(rivals)} better?")
    questions += value_questions(entity, name, table.columns[column])
    return ColumnProposal(name, FromColumn(column), evidence, tuple(questions))


def _key(profile: SourceProfile, entity: Entity, table: TableProfile) -> ColumnProposal:
    """Match the entity's id with the table's key."""
    name = SCHEMAS[entity].key
    key = profile.keys.get(table.name, Key(()))
    repeats = f", except {key.repeats} rows" if key.repeats else ""
    if len(key.columns) == 1:
        (column,) = key.columns
        points, like = column_points(entity, name, column, table.name)
        evidence = [Evidence(2.0, f"it is unique{repeats}")]
        questions = []
        if key.is_declared:
            evidence = [Evidence(3.0, "it is the declared primary key")]
        if points:
            evidence.append(Evidence(points, f"its name matches {like}"))
        elif not key.is_declared:
            questions.append(f"is {column} the {name}? It is unique, its name does not match")
        return ColumnProposal(name, FromColumn(column), tuple(evidence), tuple(questions))
    if len(key.columns) == 2:
        reason = f"{' and '.join(key.columns)} together are unique{repeats}"
        return ColumnProposal(name, FromColumns(key.columns), (Evidence(2.0, reason),))
    for column_name in table.columns:
        points, like = column_points(entity, name, column_name, table.name)
        if points >= NAMED and entity != "orders":
            return ColumnProposal(
                name,
                FromColumn(column_name),
                (Evidence(0.0, f"its name matches {like}"),),
                (f"{column_name} is not unique: the last row of each id is kept",),
            )
    question = f"no column and no pair of columns of {table.name} is unique: which is the {name}?"
    return ColumnProposal(name, questions=(f"{question} Rows without it are rejected",))
