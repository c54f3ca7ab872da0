"""What speaks for one column to be one of an entity's, and what its values leave open."""

from __future__ import annotations

from deployment.source_config import Entity
from ingestion.connect.mapping.guesses import Evidence, Findings
from ingestion.connect.profiling.entities import (
    ADDRESS,
    AMOUNT,
    FLAG,
    ID,
    NUMBER,
    PHONE,
    SHAPES,
    TEXT,
    TIME,
    WORD,
)
from ingestion.connect.profiling.names import (
    ENDING,
    EXACT,
    column_points,
    normalised,
    status_words,
    table_points,
)
from ingestion.connect.profiling.profile import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    ColumnProfile,
    TableProfile,
)
from ingestion.connect.profiling.profile import TEXT as TEXT_VALUES

EVENT_TYPES = (
    "session", "product_view", "add_to_cart", "checkout", "app_feature", "email_open",
    "unsubscribe",
)  # fmt: skip
_MOST_STARS = 5.0


def column_evidence(
    findings: Findings,
    entity: Entity,
    table: TableProfile,
    name: str,
    kind: str,
    column: ColumnProfile,
) -> tuple[Evidence, ...]:
    """What speaks for a column to be a field; nothing where its values rule it out."""
    points, like = column_points(entity, name, column.name, table.name)
    if not is_of(kind, column, points):
        return ()
    if kind == ID and points < ENDING and findings.pointing(table.name, column.name):
        # A contract_id that points at the contracts is no contact_id.
        return ()
    evidence = []
    if points:
        evidence.append(Evidence(points, f"it is called like {like}"))
    evidence += _value_evidence(findings, entity, table, name, kind, column)
    # Values alone convince only where they can be nothing else.
    is_telling = any(each.points >= 3 for each in evidence)
    return tuple(evidence) if points or is_telling else ()


def is_of(kind: str, column: ColumnProfile, points: float) -> bool:
    """Whether a column's values can be of a kind at all."""
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
            return points >= EXACT and column.type == "DOUBLE"
        return column.fits in (INTEGER, TEXT_VALUES) and column.personal is None
    if kind == ADDRESS:
        return column.fits == TEXT_VALUES and column.personal in (None, "e-mail addresses")
    if kind == PHONE:
        return column.personal == "telephone numbers"
    return column.fits == TEXT_VALUES


def _value_evidence(
    findings: Findings,
    entity: Entity,
    table: TableProfile,
    name: str,
    kind: str,
    column: ColumnProfile,
) -> list[Evidence]:
    if kind == TIME:
        return [Evidence(1.0, "its values are times")]
    if kind in (AMOUNT, NUMBER):
        return [Evidence(1.0, "its values are numbers")]
    if kind == FLAG:
        return [Evidence(1.0, "it has two values")]
    if kind in (ADDRESS, PHONE) and column.personal in ("e-mail addresses", "telephone numbers"):
        return [Evidence(3.0, f"its values are {column.personal}")]
    if kind == TEXT and column.personal == "free text":
        return [Evidence(2.0, "its values are sentences")]
    if kind == WORD and (entity, name) == ("orders", "status"):
        known = status_words()["orders.status"]
        share = sum(normalised(word) in known for word in column.words) / max(len(column.words), 1)
        if share >= 0.5:
            meanings = [
                f"{word} = {known[normalised(word)]}"
                for word in column.words
                if normalised(word) in known
            ]
            return [Evidence(2.0, f"its words are states of an order: {', '.join(meanings)}")]
    if kind == WORD and column.words:
        return [Evidence(0.5, f"it has {len(column.words)} words that repeat")]
    if kind == ID:
        return [
            Evidence(2.0, each.told)
            for each in findings.pointing(table.name, column.name)
            if _is_table_of(name, each.target)
        ][:1]
    return []


def _is_table_of(field_name: str, table: str) -> bool:
    entity = {
        "source_customer_id": "customers",
        "source_order_id": "orders",
        "source_ticket_id": "tickets",
    }.get(field_name)
    return entity is not None and table_points(entity, table)[0] > 0


def value_doubts(entity: Entity, name: str, column: ColumnProfile) -> list[str]:
    """What the values leave open although the column is the right one."""
    doubts = []
    if column.is_time and column.is_day_first_unsure:
        doubts.append(
            f"{column.name}: no day is above 12, so day and month could be either way round;"
            " day first is read"
        )
    if name in ("rating", "csat_score") and column.high is not None and column.high > _MOST_STARS:
        doubts.append(
            f"{column.name} goes from {column.low:g} to {column.high:g}: bring it to 1 to 5"
        )
    if name == "country" and any(len(word) != 2 for word in column.words):
        doubts.append(f"{column.name} is to become ISO 3166 codes of two letters")
    if (entity, name) == ("orders", "status"):
        known = status_words()["orders.status"]
        unknown = [word for word in column.words if normalised(word) not in known]
        if unknown:
            doubts.append(
                f"what do {', '.join(unknown)} in {column.name} mean? They are rejected until they"
                " are listed as completed, open, cancelled or refunded"
            )
        if not column.words:
            doubts.append(f"the words of {column.name} are not known: list what each means")
    if (entity, name) == ("events", "event_type") and not set(column.words) & set(EVENT_TYPES):
        doubts.append(
            f"which of {', '.join(EVENT_TYPES)} are the values of {column.name}? They are taken as"
            " they are"
        )
    if column.fits == DECIMAL and SHAPES[entity].fields[name][1] == ID:
        doubts.append(f"{column.name} holds numbers with a fraction: cut it off, if they are ids")
    return doubts
