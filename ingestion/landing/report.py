"""What an extraction has done, a table at a time, whatever the kind of source."""

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
        rows_ended: rows loaded earlier that the source no longer has.
        files_loaded: files that were new or had changed.
        files_unchanged: files that were already there.
        files_superseded: loads that a changed file has replaced.
        latest_drop: date of the latest dated file ever loaded, None for tables without.
        rows_unreadable: rows of files that could not be read as rows, and were kept as they stand.
        encodings: what files were found to be encoded in, where the configuration asks for it.
        schema_changes: what has changed of the columns since the extraction before.
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
