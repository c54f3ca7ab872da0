"""DuckDB's type of an operator or a function, given the types of its arguments."""

from __future__ import annotations

import duckdb
from sqlglot import exp

from spark.dialect import types
from spark.dialect.tree import type_of

_KEPT = (exp.Literal, exp.Boolean, exp.Null, exp.Interval, exp.DataType, exp.Paren)


class ExpressionTypes:
    """Asks DuckDB itself, once for each operator and types of arguments.

    Nulls of the arguments' types stand for the arguments, so no table is read. Literals stay, because
    types may depend on their values.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._known: dict[str, str] = {}

    def of(self, node: exp.Expr) -> str:
        """The type of an expression whose arguments have types, or `types.UNKNOWN`."""
        return self._ask(_with_nulls(node).sql("duckdb", comments=False))

    def of_union(self, left: str, right: str) -> str:
        """The type of a column of a union of both types."""
        if left == right:
            return left
        if types.UNKNOWN in (left, right):
            return types.UNKNOWN
        return self._ask(f"coalesce({_null_of(left)}, {_null_of(right)})")

    def _ask(self, sql: str) -> str:
        if sql not in self._known:
            # A function of windows has a type only within one.
            found = self._typeof(sql) or self._typeof(f"{sql} over ()")
            # Some functions accept constants only. A rule that needs their type reports it.
            self._known[sql] = found or types.UNKNOWN
        return self._known[sql]

    def _typeof(self, sql: str) -> str | None:
        try:
            rows = self._connection.sql(f"select typeof({sql})").fetchall()
        except duckdb.Error:
            return None
        return str(rows[0][0]) if rows else None


def _with_nulls(node: exp.Expr) -> exp.Expr:
    shallow = type(node)()
    for key, value in node.args.items():
        if isinstance(value, list):
            shallow.set(key, [_argument(each) for each in value])
        else:
            shallow.set(key, _argument(value))
    return shallow


def _argument(value: object) -> object:
    if not isinstance(value, exp.Expr):
        return value
    if _is_constant(value):
        return value.copy()
    if not isinstance(value, _KEPT) and type_of(value) != types.UNKNOWN:
        return exp.Var(this=_null_of(type_of(value)))
    return _with_nulls(value)


def _is_constant(value: exp.Expr) -> bool:
    if isinstance(value, exp.Array):
        return bool(value.expressions) and all(_is_constant(each) for each in value.expressions)
    return isinstance(value, exp.Literal)


def _null_of(name: str) -> str:
    return "null" if name == types.NULL else f"cast(null as {name})"
