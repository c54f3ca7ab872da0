"""DuckDB's type of an operator or a function, given the types of its arguments."""

from __future__ import annotations

import duckdb
from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.tree import type_of

_KEPT = (exp.Literal, exp.Boolean, exp.Null, exp.Interval, exp.DataType, exp.Paren)


class ExpressionTypes:
    """Asks DuckDB itself, once for each operator and types of arguments.

    Null columns of the arguments' types stand for the arguments, so no table is read. Literals
    stay, because types may depend on their values.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Begin without known types; the connection's tables are not read."""
        self._connection = connection
        self._known: dict[str, str] = {}

    def of(self, node: exp.Expr) -> str:
        """The type of an expression whose arguments have types, or `types.UNKNOWN`."""
        columns: list[str] = []
        shallow = _with_columns(node, columns)
        return self._ask(shallow.sql("duckdb", comments=False), columns)

    def of_union(self, left: str, right: str) -> str:
        """The type of a column of a union of both types."""
        if left == right:
            return left
        if types.UNKNOWN in (left, right):
            return types.UNKNOWN
        return self._ask("coalesce(p0, p1)", [left, right])

    def _ask(self, expression: str, columns: list[str]) -> str:
        nulls = [
            f"{'null' if kind == types.NULL else f'cast(null as {kind})'} as p{place}"
            for place, kind in enumerate(columns)
        ]
        source = f"from (select {', '.join(nulls) or '1'})"
        key = f"{expression} {source}"
        if key not in self._known:
            # A function of windows has a type only within one.
            found = self._typeof(expression, source) or self._typeof(
                f"{expression} over ()", source
            )
            # Some functions accept constants only. A rule that needs their type reports it.
            self._known[key] = found or types.UNKNOWN
        return self._known[key]

    def _typeof(self, expression: str, source: str) -> str | None:
        try:
            rows = self._connection.sql(f"select typeof({expression}) {source}").fetchall()
        except duckdb.Error:
            return None
        return str(rows[0][0]) if rows else None


def _with_columns(node: exp.Expr, columns: list[str]) -> exp.Expr:
    """The node with columns for its arguments, whose types are added to `columns`."""
    shallow = type(node)()
    for key, value in node.args.items():
        if isinstance(value, list):
            shallow.set(key, [_argument(each, columns) for each in value])
        else:
            shallow.set(key, _argument(value, columns))
    return shallow


def _argument(value: object, columns: list[str]) -> object:
    if not isinstance(value, exp.Expr):
        return value
    if _is_constant(value):
        return value.copy()
    if isinstance(value, _KEPT) or type_of(value) == types.UNKNOWN:
        return _with_columns(value, columns)
    columns.append(type_of(value))
    return exp.Var(this=f"p{len(columns) - 1}")


def _is_constant(value: exp.Expr) -> bool:
    if isinstance(value, exp.Array):
        return bool(value.expressions) and all(_is_constant(each) for each in value.expressions)
    return isinstance(value, exp.Literal)
