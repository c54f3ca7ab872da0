"""A warehouse in memory, for tests that need no file: opening one costs 25 ms of processor time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.connection import Warehouse, create_tables


class MemoryWarehouse:
    """One connection with the tables that Python writes, given to everyone who connects."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        del read_only  # as a Warehouse takes it; the one connection does both
        yield self._con


@contextmanager
def memory_warehouse() -> Iterator[MemoryWarehouse]:
    with Warehouse(Path(":memory:")).connect() as con:
        create_tables(con)
        yield MemoryWarehouse(con)
