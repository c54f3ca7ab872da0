"""Evidence that a column is a canonical column: its name, its values and its references."""

from __future__ import annotations

from collections.abc import Collection

from deployment.source_config import Entity
from ingestion.connect.mapping.proposal import Evidence
from ingestion.connect.mapping.value_questions import known_words
from ingestion.connect.profiling.entities import (
    ADDRESS,
    AMOUNT,
    FLAG,
    ID,
    NUMBER,
    PHONE,
    SCHEMAS,
    TEXT,
    TIME,
    WORD,
)
from ingestion.connect.profiling.names import (
    ENDING,
    EXACT,
    column_points,
    table_points,
)
from ingestion.connect.profiling.privacy import EMAILS, FREE_TEXT, PHONES
from ingestion.connect.profiling.profile import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    ColumnProfile,
    TableProfile,
)
from ingestion.connect.profiling.profile import TEXT as TEXT_VALUES
from ingestion.connect.profiling.source_profile import SourceProfile

# Evidence of a column's kind alone, beside its name.
_KIND_EVIDENCE = {
    TIME: Evidence(1.0, "its values are times"),
    AMOUNT: Evidence(1.0, "its values are numbers"),
    NUMBER: Evidence(1.0, "its values are numbers"),
    FLAG: Evidence(1.0, "it has two values"),
}
_REFERENCED = {
    "source_customer_id": "customers",
    "source_order_id": "orders",
    "source_ticket_id": "tickets",
}


def column_evidence(
    profile: SourceProfile,
    entity: Entity,
    table: TableProfile,
    name: str,
    column: ColumnProfile,
) -> tuple[Evidence, ...]:
    """Return the evidence that a column is the canonical column `name`; empty if its values differ.

    Args:
        profile: the source.
        entity: the entity.
        table: the table.
        name: the canonical column.
        column: the table's column.
    """
    kind = SCHEMAS[entity].columns[name][1]
    points, like = column_points(entity, name, column.name, table.name)
    if not fits_kind(kind, column, points):
        return ()
    if kind == ID and points < ENDING and profile.references_of(table.name, column.name):
        # A contract_id that references the contracts is not similar to contact_id.
        return ()
    evidence = []
    if points:
        evidence.append(Evidence(points, f"its name matches {like}"))
    evidence += _value_evidence(profile, entity, table, name, column)
    # Values alone are sufficient only where no other column can have them.
    is_sufficient = any(each.points >= 3 for each in evidence)
    return tuple(evidence) if points or is_sufficient else ()


def best_column(
    table: TableProfile,
    entity: str,
    name: str,
    kind: str,
    table_name: str | None = None,
    taken: Collection[str] = (),
) -> tuple[float, str]:
    """Return the points and the name of the column whose name matches a canonical column best.

    Args:
        table: the table.
        entity: the entity.
        name: the canonical column.
        kind: kind of value of the columns to choose from.
        table_name: words to ignore at the front of a column's name; the table's by default.
        taken: columns to leave out.
    """
    return max(
        (
            (column_points(entity, name, column.name, table_name or table.name)[0], column.name)
            for column in table.columns.values()
            if fits_kind(kind, column, EXACT) and column.name not in taken
        ),
        default=(0.0, ""),
        key=lambda pair: pair[0],
    )


def fits_kind(kind: str, column: ColumnProfile, points: float) -> bool:
    """Return whether a column, with a name of so many points, can have values of a kind."""
    if column.distinct == 0:
        return points >= ENDING
    if kind == TIME:
        return column.is_time
    if kind in (AMOUNT, NUMBER):
        return column.is_number
    if kind == FLAG:
        return column.fits == BOOLEAN or (column.fits == INTEGER and column.distinct <= 2)
    if kind == ID:
        if column.fits == DECIMAL:
            return points >= EXACT and (column.type == "DOUBLE" or column.ids.is_damaged)
        return column.fits in (INTEGER, TEXT_VALUES) and column.personal is None
    if kind == ADDRESS:
        return column.fits == TEXT_VALUES and column.personal in (None, EMAILS)
    if kind == PHONE:
        return column.personal == PHONES
    return column.fits == TEXT_VALUES


def _value_evidence(
    profile: SourceProfile, entity: Entity, table: TableProfile, name: str, column: ColumnProfile
) -> list[Evidence]:
    kind = SCHEMAS[entity].columns[name][1]
    if kind in _KIND_EVIDENCE:
        return [_KIND_EVIDENCE[kind]]
    if kind in (ADDRESS, PHONE) and column.personal in (EMAILS, PHONES):
        return [Evidence(3.0, f"its values are {column.personal}")]
    if kind == TEXT and column.personal == FREE_TEXT:
        return [Evidence(2.0, "its values are sentences")]
    if (entity, name) in (("orders", "status"), ("subscriptions", "status")):
        known = known_words(f"{entity}.status", column)
        if len(known) >= 0.5 * max(len(column.words), 1):
            words = ", ".join(f"{word} = {status}" for word, status in known.items())
            article = "an order" if entity == "orders" else "a subscription"
            return [Evidence(2.0, f"its values are statuses of {article}: {words}")]
    if kind == WORD and column.words:
        return [Evidence(0.5, f"it has {len(column.words)} values that repeat")]
    if kind == ID:
        return [
            Evidence(2.0, each.reason)
            for each in profile.references_of(table.name, column.name)
            if name in _REFERENCED and table_points(_REFERENCED[name], each.target)[0] > 0
        ][:1]
    return []
