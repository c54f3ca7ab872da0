"""What an extraction has done, a table at a time, whatever the kind of source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


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
