"""Staging models of a source, each run into a table of the sample's database."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from cli.doctor.sample.rows import SampledTable
from cli.doctor.sample.templates import StagingTemplates
from deployment.source_config import Entity
from ingestion.connect.profiling.entities import SCHEMAS
from warehouse.quoting import identifier

_MACRO = re.compile(
    r"\{\{\s*\w+\(\s*'((?:[^'\\]|\\.)+)'.*?\}\}.*?\s+as\s+(\w+),?\s*$", re.MULTILINE
)
_PLAIN = re.compile(r"^\s*(?:\w+\.)?(\w+|\"(?:[^\"]|\"\")+\")\s+as\s+(\w+),?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class SampledModel:
    """Staging model of an entity.

    Attributes:
        entity: the entity.
        name: quoted name of the table with its rows.
        table: the raw table.
        columns: its columns.
        raw_names: the source's column by canonical column, where the model's text shows it.
        rows: rows of the sample.
        is_whole: whether the sample has all rows that were delivered.
    """

    entity: Entity
    name: str
    table: str
    columns: frozenset[str]
    raw_names: dict[str, str]
    rows: int
    is_whole: bool

    def source_name(self, column: str) -> str:
        """Return the source's name of a canonical column, or its own where it is not known."""
        return self.raw_names.get(column, column)


def run_model(
    con: duckdb.DuckDBPyConnection,
    templates: StagingTemplates,
    source: str,
    entity: Entity,
    table: str,
    sample: SampledTable,
) -> SampledModel | None:
    """Run a model; return None for a model that is missing or has no canonical columns.

    Raises:
        duckdb.Error: its SQL fails on the sample.
        jinja2.TemplateError: it needs something that only dbt has.
    """
    model = f"stg_{source}__{entity}"
    text = templates.text(model)
    if text is None:
        return None
    name = identifier(model)
    con.execute(f"create table {name} as {templates.sql(model)}")
    columns = frozenset(str(row[0]).lower() for row in con.execute(f"describe {name}").fetchall())
    count = con.execute(f"select count(*) from {name}").fetchone()
    if count is None or SCHEMAS[entity].key not in columns:
        return None
    return SampledModel(
        entity, name, table, columns, raw_names(text), int(count[0]), sample.is_whole
    )


def raw_names(text: str) -> dict[str, str]:
    """Return the source's column by the name under which a model selects it.

    Columns made of several others, or by other SQL than a macro's call, are left out.
    """
    pairs = [(alias, column) for column, alias in _MACRO.findall(text)]
    pairs += [(alias, column) for column, alias in _PLAIN.findall(text)]
    found: dict[str, str] = {}
    for alias, column in pairs:
        found.setdefault(alias, _unquoted(column))
    # A parsed column is selected again by its canonical name: placed_read as ordered_at.
    return {alias: found.get(column, column) for alias, column in found.items()}


def _unquoted(column: str) -> str:
    name = column.rpartition(".")[2] if not column.endswith('"') else column[column.find('"') :]
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
