"""An initialised warehouse that rows are landed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import Warehouse


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    warehouse.initialise("demo", "Demo Company")
    with warehouse.connect() as con:
        yield con
