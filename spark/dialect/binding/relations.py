"""Columns of the relations that a statement reads."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
from sqlglot import exp

from spark.dialect.errors import UnsupportedConstructError

Columns = Mapping[str, str]


def columns_of(table: exp.Table, connection: duckdb.DuckDBPyConnection) -> Columns:
    """Types of a table's columns by their names.

    Raises:
        UnsupportedConstructError: the relation is not there.
    """
    name = exp.Table(this=table.this.copy(), db=table.args.get("db")).sql("duckdb", identify=True)
    try:
        rows = connection.execute(f"describe {name}").fetchall()
    except duckdb.CatalogException as error:
        raise UnsupportedConstructError(name, "no relation of this name is known") from error
    return {str(row[0]): str(row[1]) for row in rows}
