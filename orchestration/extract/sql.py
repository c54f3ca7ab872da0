"""Land the tables of a database."""

from __future__ import annotations

from datetime import date

import duckdb

from orchestration.extract.report import TableReport
from orchestration.source_config import SqlSource


def extract_database(
    con: duckdb.DuckDBPyConnection, name: str, source: SqlSource, run_date: date
) -> list[TableReport]:
    """Load what has changed since the last time, in one transaction."""
    raise NotImplementedError
