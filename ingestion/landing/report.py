"""Report of an extraction, for one table of any kind of source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ingestion.landing.schema_drift import SchemaChange


@dataclass(frozen=True)
class TableReport:
    """One raw table after one extraction.

    Attributes:
        source: name of the source.
        table: name of the raw table in `raw_<source>`.
        rows: rows loaded by this extraction.
        seconds: time spent on this table.
        rows_ended: rows loaded earlier that were soft-deleted, because the source lacks them now.
        files_loaded: new or changed files.
        files_unchanged: files whose content was already loaded.
        files_superseded: earlier loads of files whose content has changed.
        latest_drop: date of the latest dated file ever loaded, None for tables without.
        rows_unreadable: malformed rows of files, which were set aside as they are.
        encodings: detected encodings of files, where the configuration asks for detection.
        schema_changes: changes of columns since the previous extraction.
    """

    source: str
    table: str
    rows: int
    seconds: float
    rows_ended: int = 0
    files_loaded: int = 0
    files_unchanged: int = 0
    files_superseded: int = 0
    latest_drop: date | None = None
    rows_unreadable: int = 0
    encodings: tuple[str, ...] = ()
    schema_changes: tuple[SchemaChange, ...] = ()
