"""Catalog of a source: its tables as DuckDB relations, with the config entry that locates each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class CatalogTable:
    """A table of the source.

    Attributes:
        name: name of the raw table.
        relation: quoted name of the DuckDB table that holds the sampled rows.
        columns: DuckDB type by column, in the source's order.
        is_sample: whether the source has more rows than were read.
        entry: keys of the table's config entry that locate it (path, format, …).
        key: declared primary key; empty if none is declared.
        references: (column, target table, target column) of each declared foreign key.
        questions: open questions on how the table is read, one sentence each.
        delivery: SQL that numbers the delivery of a row, not among `columns`. A key is unique
            within a delivery.
    """

    name: str
    relation: str
    columns: Mapping[str, str]
    is_sample: bool
    entry: Mapping[str, Any]
    key: Sequence[str] = ()
    references: Sequence[tuple[str, str, str]] = ()
    questions: Sequence[str] = ()
    delivery: str = "0"


@dataclass(frozen=True)
class Catalog:
    """Tables of a source.

    Attributes:
        kind: the source's `kind` in the configuration.
        entry: keys of the source's config entry, except its tables (location, url, …).
        tables: the tables.
        skipped: files and tables that were skipped, each with the reason, one line each.
    """

    kind: Literal["files", "sql", "rest"]
    entry: Mapping[str, Any]
    tables: Sequence[CatalogTable]
    skipped: Sequence[str] = field(default_factory=tuple)
