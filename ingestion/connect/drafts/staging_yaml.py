"""YAML of a staging folder: the raw tables as dbt sources, and the staging models."""

from __future__ import annotations

from ingestion.connect.drafts.quoting import comment_text
from ingestion.connect.drafts.templates import rendered
from ingestion.connect.mapping.proposal import (
    Added,
    EntityProposal,
    FirstMatch,
    FromColumn,
    FromColumns,
    FromNames,
    FromWords,
    Hashed,
    Latest,
    LookedUp,
    Numbered,
    PerPiece,
    Proposal,
    Summed,
    Value,
)
from ingestion.connect.profiling.profile import (
    BOOLEAN,
    INTEGER,
    TEXT,
    ColumnProfile,
    TableProfile,
)

_MAX_WORDS = 8


def sources_yaml(name: str, proposal: Proposal) -> str:
    """Return `_<source>__sources.yml`: every raw table, with the profile of its columns."""
    tables = [
        {
            "name": table.name,
            "description": _table_text(table, proposal),
            "columns": [
                {"name": column.name, "description": column_text(column)}
                for column in table.columns.values()
            ],
        }
        for table in proposal.profile.tables.values()
    ]
    return rendered("sources.yml", source=name, tables=tables)


def models_yaml(name: str, proposal: Proposal) -> str:
    """Return `_<source>__models.yml`: each staging model, with the origin of its columns."""
    models = [
        {
            "name": entity.entity,
            "description": _model_text(entity),
            "columns": [
                {"name": column.name, "description": _origin_text(entity, column.value)}
                for column in entity.columns.values()
                if column.value is not None
            ],
        }
        for entity in proposal.entities
    ]
    return rendered("models.yml", source=name, models=models)


def column_text(column: ColumnProfile) -> str:
    """Return the profile of a column as a description, without personal data."""
    parts = [column.personal or column.fits]
    if column.first and column.last:
        parts.append(f"{column.first:%Y-%m-%d} to {column.last:%Y-%m-%d}")
    if column.low is not None and column.high is not None:
        parts.append(f"{column.low:g} to {column.high:g}")
    if column.words and column.fits != BOOLEAN:
        words = list(column.words)
        more = f" and {len(words) - _MAX_WORDS} more" if len(words) > _MAX_WORDS else ""
        parts.append(", ".join(words[:_MAX_WORDS]) + more)
    elif column.fits in (TEXT, INTEGER) and column.low is None:
        parts.append(f"{column.distinct:,} different")
    if column.nulls:
        parts.append(f"{column.null_share:.1%} empty")
    text = "; ".join(map(comment_text, parts))
    return f"{text[:1].upper()}{text[1:]}."


def _table_text(table: TableProfile, proposal: Proposal) -> str:
    rows = f"{table.rows:,} rows{' and more' if table.table.is_sample else ''}"
    entities = " and ".join(each.entity for each in proposal.of_table(table.name))
    return f"{rows}; {f'read as {entities}' if entities else 'no entity'}."


def _model_text(entity: EntityProposal) -> str:
    if entity.is_grouped:
        return f"One row per order: the rows of {entity.table} that have its id."
    if entity.first_rows_of:
        return f"One row per {entity.first_rows_of} in {entity.table}: its first row."
    return f"One row per row of {entity.table} as delivered."


def _origin_text(entity: EntityProposal, value: Value) -> str:
    match value:
        case FromColumn(column) | FromWords(column):
            return f"From {column}."
        case Hashed(column):
            return f"Hash of {column}, which is personal data."
        case FromColumns(columns) | FromNames(columns):
            return f"From {' and '.join(columns)}."
        case LookedUp(column, (*_, last)):
            return f"From {last.table}.{last.column}, by {column}."
    return _computed_text(value) or f"Not in {entity.table}; the same in every row."


def _computed_text(value: Value) -> str | None:
    """Return the origin of a value that is made of several rows or columns; None for others."""
    match value:
        case Added(columns):
            return f"Sum of {' and '.join(columns)}."
        case PerPiece(amount, quantity):
            return f"{amount} divided by {quantity}."
        case FirstMatch(table, time):
            return f"Earliest {table}.{time} of the matching rows."
        case Numbered(column):
            return f"From {column}, with the number of the row within it."
        case Latest(total, time):
            return f"Latest {total.table}.{time} of the rows added up."
        case Summed(table, by, amount, quantity):
            return f"Sum of {table}.{amount}{f' times {quantity}' if quantity else ''} by {by}."
    return None
