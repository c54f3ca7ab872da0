"""Replacement of a table's rows by key, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from warehouse.transaction import transaction


def replace_rows(
    con: duckdb.DuckDBPyConnection,
    table: str,
    key: str,
    values: Sequence[object],
    rows: pa.Table,
) -> None:
    """Replace the rows of a table whose key is one of `values`, in one transaction."""
    with replacement(con, rows):
        con.execute(f"delete from {table} where list_contains(?, {key})", [list(values)])
        con.execute(f"insert into {table} by name from new_rows")


@contextmanager
def replacement(con: duckdb.DuckDBPyConnection, rows: pa.Table) -> Iterator[None]:
    """One transaction, in which the Arrow rows can be read as `new_rows`."""
    con.register("new_rows", rows)
    try:
        with transaction(con):
            yield
    finally:
        con.unregister("new_rows")
