"""Canonical entities: type and kind of each column, and the columns that identify an entity.

`entities.csv` has the columns and types of the macro `entity_columns`; a test compares both.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployment.source_config import ENTITIES, Entity

# Kinds of values, by which a source's column is excluded from a canonical column.
ID, TIME, AMOUNT, NUMBER, FLAG, WORD, TEXT, ADDRESS, PHONE, IDS = (
    "id", "time", "amount", "number", "flag", "word", "text", "address", "phone", "ids",
)  # fmt: skip


@dataclass(frozen=True)
class EntitySchema:
    """Columns of one entity.

    Attributes:
        columns: (DuckDB type, kind) by canonical column, in staging's order; the key is first.
        required: columns without which a row is rejected, as docs/connect_your_data.md says.
        distinctive: columns that few other entities have.
        essential: groups of columns; a table of the entity has one column of each group.
    """

    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    distinctive: set[str] = field(default_factory=set)
    essential: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def key(self) -> str:
        """Name of the entity's id."""
        return next(iter(self.columns))


def _schemas() -> Mapping[Entity, EntitySchema]:
    schemas: dict[Entity, EntitySchema] = {}
    by_name: dict[str, Entity] = {entity: entity for entity in ENTITIES}
    with Path(__file__).with_name("entities.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            schema = schemas.setdefault(by_name[row["entity"]], EntitySchema())
            column = row["column"]
            schema.columns[column] = (row["type"], row["kind"])
            if row["is_required"]:
                schema.required.add(column)
            if row["is_distinctive"]:
                schema.distinctive.add(column)
            if row["essential_group"]:
                schema.essential[row["essential_group"]].add(column)
    return schemas


SCHEMAS = _schemas()
