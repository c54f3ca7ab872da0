"""What a source offers to be connected: tables that DuckDB can read, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class OfferedTable:
    """A table of the source.

    Attributes:
        name: what the raw table will be called.
        relation: quoted name of the DuckDB table that holds its rows, or the first of them.
        columns: DuckDB type by column, in the source's order.
        is_sample: whether the source has more rows than were read.
        entry: the keys of the table's config entry that say where it is (path, format, …).
        key: the primary key as the source declares it; empty where it declares none.
        references: (columns here, table, columns there) of the declared foreign keys of one column.
        doubts: what could not be told from the source alone, one sentence each.
        delivery: column or literal by which rows delivered again are told apart, which is not one
            of `columns`: a key holds within a delivery.
    """

    name: str
    relation: str
    columns: Mapping[str, str]
    is_sample: bool
    entry: Mapping[str, Any]
    key: Sequence[str] = ()
    references: Sequence[tuple[str, str, str]] = ()
    doubts: Sequence[str] = ()
    delivery: str = "0"


@dataclass(frozen=True)
class Offer:
    """A source as it was found.

    Attributes:
        kind: what the configuration calls it.
        entry: the keys of the source's config entry but for its tables (location, url, …).
        tables: its tables.
        passed_over: what was found and is no table, with the reason, one line each.
    """

    kind: Literal["files", "sql", "rest"]
    entry: Mapping[str, Any]
    tables: Sequence[OfferedTable]
    passed_over: Sequence[str] = field(default_factory=tuple)
