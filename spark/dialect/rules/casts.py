"""Casts. Those between numbers and times are here, those of texts in `text_casts`."""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.rules.text_casts import from_text, to_text
from spark.dialect.tree import call, cast, grouped, needed_type, source, template, try_cast, type_of

_INFINITE = {
    "infinity": (types.INFINITE_DATE, types.INFINITE_TIMESTAMP),
    "-infinity": (types.PAST_DATE, types.PAST_TIMESTAMP),
}


def convert(node: exp.Expr) -> exp.Expr | None:
    """`cast` and `try_cast`, with DuckDB's rounding."""
    value, result = node.this, needed_type(node)
    kind = type_of(value)
    if kind == result and not isinstance(value, exp.Literal):
        return grouped(value)
    constant_time = _infinite(value, result)
    if constant_time is not None:
        return constant_time
    if kind == types.VARCHAR and not isinstance(value, exp.Literal):
        return from_text(value, result, tried=isinstance(node, exp.TryCast))
    if result == types.VARCHAR and kind not in (types.VARCHAR, types.NULL):
        return to_text(value)
    as_type = try_cast if isinstance(node, exp.TryCast) else cast
    return as_type(_rounded(value, kind, result), types.spark_type(result))


def _infinite(value: exp.Expr, result: str) -> exp.Expr | None:
    if not isinstance(value, exp.Literal) or value.name.lower() not in _INFINITE:
        return None
    day, time = _INFINITE[value.name.lower()]
    if result == types.DATE:
        return cast(exp.Literal.string(day), "date")
    if types.is_time(result):
        return cast(exp.Literal.string(time), types.spark_type(result))
    return None


def _rounded(value: exp.Expr, kind: str, result: str) -> exp.Expr:
    """The value, rounded where the type of the result has fewer digits."""
    if types.is_integer(result):
        if types.is_float(kind):
            return call("rint", value)
        if types.is_decimal(kind) and types.decimal_shape(kind)[1]:
            return call("round", value, 0)
    if types.is_decimal(result) and types.is_float(kind):
        scale = types.decimal_shape(result)[1]
        rounded = template(f"round(x * 1E{scale}D) / 1E{scale}D", x=value)
        rounded.set("typed", False)
        rounded.set("safe", True)
        return rounded
    if types.INTERVAL in (kind, result):
        raise UnsupportedConstructError(source(value), "A cast of an interval")
    return value


RULES: dict[type[exp.Expr], Rule] = {exp.Cast: convert, exp.TryCast: convert}
