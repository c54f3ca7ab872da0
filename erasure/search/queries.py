"""Results of queries as Python's values."""

from __future__ import annotations

from typing import Any

import duckdb


def rows_of(con: duckdb.DuckDBPyConnection, query: str, **given: Any) -> list[Any]:
    """All rows of a query with named parameters."""
    return con.execute(query, given).fetchall() if given else con.execute(query).fetchall()


def column(con: duckdb.DuckDBPyConnection, query: str, **given: Any) -> list[Any]:
    """The values of a query's only column."""
    return [value for (value,) in rows_of(con, query, **given)]


def count(con: duckdb.DuckDBPyConnection, query: str, **given: Any) -> int:
    """The number that a query returns."""
    ((number,),) = rows_of(con, query, **given)
    return int(number or 0)


def text_columns(
    con: duckdb.DuckDBPyConnection, database: str, schema: str, name: str
) -> list[str]:
    """Names of a table's columns with text, lists of texts and JSON among them."""
    return column(
        con,
        """
        select column_name from duckdb_columns()
        where database_name = $database and schema_name = $schema and table_name = $name
            and (data_type like '%VARCHAR%' or data_type = 'JSON')
        order by column_index
        """,
        database=database,
        schema=schema,
        name=name,
    )
