"""Land the resources of an API."""

from __future__ import annotations

from datetime import date

import duckdb

from orchestration.extract.report import TableReport
from orchestration.home import Home
from orchestration.source_config import RestSource


def extract_api(
    con: duckdb.DuckDBPyConnection, name: str, source: RestSource, home: Home, run_date: date
) -> list[TableReport]:
    """Load what has changed since the last time, in one transaction."""
    raise NotImplementedError
