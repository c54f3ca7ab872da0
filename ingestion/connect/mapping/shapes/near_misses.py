"""Entities that a table nearly has, with the line of names.csv that would settle it."""

from __future__ import annotations

from collections.abc import Callable

from deployment.source_config import Entity
from ingestion.connect.mapping.column_evidence import fits_kind
from ingestion.connect.mapping.proposal import ColumnProposal, NearMiss
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.entities import ID, SCHEMAS
from ingestion.connect.profiling.names import EXACT
from ingestion.connect.profiling.profile import TableProfile

Columns = Callable[[Entity, TableProfile], dict[str, ColumnProposal]]
# Known by their values, which no name settles.
_BY_VALUE = ("consents", "suppressions")
_MAX_MISSING = 2
_MAX_LINES = 3
_MAX_ENTITIES = 2
# Ids that every entity may have stand in the lines of all entities.
_GENERAL = ("source_customer_id", "source_order_id", "source_ticket_id")


def near_misses(table: TableProfile, columns: Columns) -> list[NearMiss]:
    """Return the entities that lack at most two columns or the table's name, the nearest first."""
    misses = [
        miss
        for entity in SCHEMAS
        if entity not in _BY_VALUE and (miss := _near_miss(entity, table, columns)) is not None
    ]
    misses.sort(key=lambda each: (len(each.missing), -len(each.found)))
    return misses[:_MAX_ENTITIES]


def name_line(entity: str, name: str, column: str) -> str:
    """Return the line of names.csv by which a column's name is known."""
    return f"{'*' if name in _GENERAL else entity},{name},en,{normalised(column)}"


def _near_miss(entity: Entity, table: TableProfile, columns: Columns) -> NearMiss | None:
    schema = SCHEMAS[entity]
    found: dict[str, str] = {}
    for name, each in columns(entity, table).items():
        column = getattr(each.value, "column", None)
        if column is not None and name != schema.key:
            found[name] = column
    groups = [tuple(sorted(group)) for group in schema.essential.values()]
    missing = tuple(
        group for group in groups if not set(group) & set(found) and group != (schema.key,)
    )
    essential = set(found) & {name for group in groups for name in group}
    if len(missing) > _MAX_MISSING or not (essential or found) or len(found) < 2:
        return None
    lines = []
    for group in missing:
        for name in group:
            kind = schema.columns[name][1]
            candidates = [
                column.name
                for column in table.columns.values()
                if column.name not in found.values()
                and column.distinct > 1
                and fits_kind(kind, column, EXACT)
                and not (kind == ID and column.is_time)
            ]
            lines += [name_line(entity, name, each) for each in candidates[:_MAX_LINES]]
    if not missing:
        lines = [f"{entity},*,en,{normalised(table.name)}"]
    return NearMiss(table.name, entity, found, missing, tuple(lines[: 2 * _MAX_LINES]))
