"""The YAML beside the staging models: what the raw tables hold, and what the models give."""

from __future__ import annotations

from ingestion.connect.drafts.jinja_text import in_comment, yaml_for_dbt
from ingestion.connect.mapping.guesses import (
    EntityGuess,
    FieldGuess,
    FromColumn,
    FromColumns,
    LookedUp,
    Proposal,
    Summed,
)
from ingestion.connect.profiling.entities import SHAPES
from ingestion.connect.profiling.profile import BOOLEAN, INTEGER, TEXT, ColumnProfile, TableProfile

_LOAD_COLUMNS = {
    "_load_id": "Load that brought the row, see ops.load_ledger.",
    "_file": "File that the row came in.",
    "_row": "Number of the row in its file, from 1.",
    "_loaded_at": "When the row was loaded.",
}
_MODEL_COLUMNS = {
    "_load_id": "Load that brought the row.",
    "_row": "Number of the row in its file, from 1.",
    "_reject_reason": "Why the row cannot be read, in plain words; null if it can.",
    "source": "The source system.",
}
_MOST_WORDS_TOLD = 8


def sources_yaml(name: str, proposal: Proposal) -> str:
    """`_<source>__sources.yml`: every table that is landed, with what was seen of its columns."""
    lines = [
        "version: 2",
        "",
        "sources:",
        f"  - name: {name}",
        f"    schema: raw_{name}",
        f"    description: The source {name}, as holdfast connect found it.",
        "    config:",
        "      loaded_at_field: _loaded_at",
        "      freshness:",
        "        warn_after: {count: 2, period: day}",
        "    tables:",
    ]
    for table in proposal.findings.tables.values():
        lines += [
            f"      - name: {table.name}",
            f"        description: {yaml_for_dbt(_table_text(table, proposal))}",
            "        columns:",
        ]
        for column in table.columns.values():
            lines += _column(10, column.name, describe(column))
        for column_name, text in _LOAD_COLUMNS.items():
            lines += _column(10, column_name, text)
    return "\n".join(lines) + "\n"


def models_yaml(name: str, proposal: Proposal) -> str:
    """`_<source>__models.yml`: each staging model, and where its columns are read from."""
    lines = ["version: 2", "", "models:"]
    for guess in proposal.entities:
        text = f"One row a row of {guess.table} as delivered."
        if guess.is_grouped:
            text = f"One row an order: the rows of {guess.table} that have its id."
        lines += [
            f"  - name: stg_{name}__{guess.entity}",
            f"    description: {yaml_for_dbt(text)}",
            "    columns:",
        ]
        for column_name, column_text in _MODEL_COLUMNS.items():
            lines += _column(6, column_name, column_text)
            if column_name == "_row":
                lines.append("        data_tests: [not_null]")
        for field_name in SHAPES[guess.entity].fields:
            lines += _column(6, field_name, _origin(guess, guess.fields[field_name]))
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def describe(column: ColumnProfile) -> str:
    """What was seen of a column, without anybody's data."""
    parts = [column.fits if column.personal is None else column.personal]
    if column.first and column.last:
        parts.append(f"{column.first:%Y-%m-%d} to {column.last:%Y-%m-%d}")
    if column.low is not None and column.high is not None:
        parts.append(f"{column.low:g} to {column.high:g}")
    if column.words and column.fits != BOOLEAN:
        words = list(column.words)
        more = f" and {len(words) - _MOST_WORDS_TOLD} more" * (len(words) > _MOST_WORDS_TOLD)
        parts.append(", ".join(words[:_MOST_WORDS_TOLD]) + more)
    elif column.fits in (TEXT, INTEGER) and column.low is None:
        parts.append(f"{column.distinct:,} different")
    if column.nulls:
        parts.append(f"{column.null_share:.1%} empty")
    text = "; ".join(in_comment(part) for part in parts)
    return f"{text[:1].upper()}{text[1:]}."


def _column(indent: int, name: str, text: str) -> list[str]:
    margin = " " * indent
    return [
        f"{margin}- name: {yaml_for_dbt(name)}",
        f"{margin}  description: {yaml_for_dbt(text)}",
    ]


def _table_text(table: TableProfile, proposal: Proposal) -> str:
    rows = f"{table.rows:,} rows{' and more' if table.table.is_sample else ''}"
    entities = [guess.entity for guess in proposal.of_table(table.name)]
    return f"{rows}; {'read as ' + ' and '.join(entities) if entities else 'no entity'}."


def _origin(guess: EntityGuess, field: FieldGuess) -> str:
    value = field.value
    if value is None:
        return "Null; not in the source."
    if isinstance(value, FromColumn):
        return f"From {value.column}."
    if isinstance(value, FromColumns):
        return f"From {' and '.join(value.columns)}."
    if isinstance(value, LookedUp):
        last = value.hops[-1]
        return f"From {last.table}.{last.column}, by {value.column}."
    if isinstance(value, Summed):
        times = f" times {value.quantity}" if value.quantity else ""
        return f"Sum of {value.table}.{value.amount}{times} by {value.by}."
    return f"Not in {guess.table}; the same in every row."
