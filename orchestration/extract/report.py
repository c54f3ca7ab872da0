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
        files_loaded: files that were new or had changed.
        files_unchanged: files that were already there.
        files_superseded: loads that a changed file has replaced.
        rows: rows loaded by this extraction.
        latest_drop: date of the latest dated file ever loaded, None for undated tables.
        seconds: time spent on this table's new files.
    """

    source: str
    table: str
    files_loaded: int
    files_unchanged: int
    files_superseded: int
    rows: int
    latest_drop: date | None
    seconds: float
