"""Variables of a DuckDB connection: Spark does not know them, so a statement gets their values."""

from __future__ import annotations

import duckdb
from sqlglot import exp


def write_out_variables(tree: exp.Expr, connection: duckdb.DuckDBPyConnection) -> None:
    """Replace each `getvariable` by the value of the variable, which is null where none is set.

    Args:
        tree: the statement.
        connection: has the variables that the statement reads.
    """
    for call in list(tree.find_all(exp.Anonymous)):
        if call.name.lower() == "getvariable":
            call.replace(_value(call.sql("duckdb"), connection))


def _value(call: str, connection: duckdb.DuckDBPyConnection) -> exp.Expr:
    query = f"select cast({call} as varchar) as text, typeof({call}) as type"
    [(text, type_)] = connection.execute(query).fetchall()
    if text is None:
        return exp.null()
    return exp.cast(exp.Literal.string(text), exp.DataType.build(type_, dialect="duckdb"))
