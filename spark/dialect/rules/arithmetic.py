"""Operators on numbers: types of results, and divisions by zero.

DuckDB divides in floating point, by IEEE 754: a division by zero is infinite or NaN, and raises
nothing. Its `//` and `%` of whole numbers by zero are null.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.tree import cast, constant, grouped, needed_type, source, template, type_of

# Spark rounds products whose scale exceeds this one, once they exceed 38 digits.
_KEPT_SCALE = 6
_DIGITS = 38


def add_or_subtract(node: exp.Expr) -> exp.Expr | None:
    """A sum or a difference of numbers, in the type of DuckDB's result."""
    return _in_type_of_result(node)


def multiply(node: exp.Expr) -> exp.Expr | None:
    """A product; decimals keep all digits after the point."""
    result = needed_type(node)
    if types.is_decimal(result):
        return _decimal_product(node)
    return _in_type_of_result(node)


def divide(node: exp.Expr) -> exp.Expr | None:
    """A quotient in floating point."""
    result = needed_type(node)
    if not types.is_float(result):
        raise UnsupportedConstructError(source(node), f"A division of type {result}")
    kind = types.spark_type(result)
    above, below = _as(node.this, result), _as(node.expression, result)
    if _is_never_zero(node.expression):
        quotient = exp.Div(this=grouped(above), expression=grouped(below), typed=False, safe=True)
        return exp.Paren(this=quotient) if result == types.DOUBLE else cast(quotient, kind)
    # A power of -1 has the sign of a zero, and keeps 0 / 0 NaN.
    safe = template("case when b = 0 then a * power(b, -1) else a / b end", a=above, b=below)
    return exp.Paren(this=safe) if result == types.DOUBLE else cast(safe, kind)


def divide_whole(node: exp.Expr) -> exp.Expr | None:
    """`//` of whole numbers, truncated towards zero, null for a division by zero."""
    if not (types.is_integer(type_of(node.this)) and types.is_integer(type_of(node.expression))):
        raise UnsupportedConstructError("//", "Only whole numbers are divided so")
    if types.is_wide_integer(needed_type(node)):
        wide = types.spark_type(types.HUGEINT)
        return template(
            "cast((a - a % b) / b as decimal(38,0))",
            a=cast(node.this, wide),
            b=_or_null(cast(node.expression, wide), node.expression),
        )
    quotient = exp.IntDiv(
        this=grouped(node.this), expression=_or_null(grouped(node.expression), node.expression)
    )
    return cast(quotient, types.spark_type(needed_type(node)))


def remainder(node: exp.Expr) -> exp.Expr | None:
    """`%`, with the sign of the dividend."""
    result = needed_type(node)
    if types.is_float(result):
        if constant(node.expression) not in (None, 0):
            return None
        return template(
            "case when b = 0 then cast('NaN' as double) else a % b end",
            a=_as(node.this, result),
            b=_as(node.expression, result),
        )
    below = _or_null(grouped(node.expression), node.expression)
    return exp.Mod(this=grouped(node.this), expression=below)


def compare(node: exp.Expr) -> exp.Expr | None:
    """A comparison: a decimal beside a FLOAT is a FLOAT for DuckDB, and a DOUBLE for Spark."""
    for key, other in (("this", "expression"), ("expression", "this")):
        kind = type_of(node.args[key])
        if type_of(node.args[other]) == types.FLOAT and types.is_decimal(kind):
            node.set(key, cast(node.args[key], "float"))
    return None


def choose(node: exp.Expr) -> exp.Expr | None:
    """A choice among values: FLOAT and decimals are FLOAT for DuckDB, and DOUBLE for Spark."""
    return cast(node, "float") if type_of(node) == types.FLOAT else None


def _in_type_of_result(node: exp.Expr) -> exp.Expr | None:
    result = needed_type(node)
    operands = (type_of(node.this), type_of(node.expression))
    if types.INTERVAL in operands or result == types.INTERVAL:
        raise UnsupportedConstructError(source(node), "arithmetic of intervals")
    if types.is_float(result) and not (result == types.DOUBLE and types.DOUBLE in operands):
        node.set("this", _as(node.this, result))
        node.set("expression", _as(node.expression, result))
    elif result in (types.BIGINT, types.HUGEINT) and result not in operands:
        node.set("this", _as(node.this, result))
    return None


def _as(node: exp.Expr, kind: str) -> exp.Expr:
    return node if type_of(node) == kind else cast(node, types.spark_type(kind))


def _decimal_product(node: exp.Expr) -> exp.Expr | None:
    kinds = [_decimal_of(needed_type(each)) for each in (node.this, node.expression)]
    (width, scale), (other_width, other_scale) = kinds
    if scale + other_scale <= _KEPT_SCALE or width + other_width < _DIGITS:
        return None
    # More digits than fit raise an error in ANSI mode.
    width = min(width, max(scale + 1, _DIGITS - 1 - other_width))
    other_width = min(other_width, _DIGITS - 1 - width)
    return exp.Mul(
        this=cast(node.this, f"decimal({width},{scale})"),
        expression=cast(node.expression, f"decimal({other_width},{other_scale})"),
    )


def _decimal_of(kind: str) -> tuple[int, int]:
    if types.is_decimal(kind):
        return types.decimal_shape(kind)
    digits = {types.BIGINT: 19, types.HUGEINT: 38}
    return digits.get(kind, 10), 0


def _or_null(translated: exp.Expr, original: exp.Expr) -> exp.Expr:
    """A divisor that is null in the place of zero."""
    if _is_never_zero(original):
        return translated
    return exp.Nullif(this=translated, expression=exp.Literal.number(0))


def _is_never_zero(node: exp.Expr) -> bool:
    if isinstance(node, exp.Paren | exp.Cast):
        return _is_never_zero(node.this)
    if isinstance(node, exp.Nullif):
        zero = node.expression
        return isinstance(zero, exp.Literal) and float(zero.name) == 0
    return isinstance(node, exp.Literal) and not node.is_string and float(node.name) != 0


Rule = Callable[[exp.Expr], exp.Expr | None]
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
RULES: dict[type[exp.Expr], Rule] = {
    exp.Add: add_or_subtract,
    exp.Sub: add_or_subtract,
    exp.Mul: multiply,
    exp.Div: divide,
    exp.IntDiv: divide_whole,
    exp.Mod: remainder,
    **dict.fromkeys((*_COMPARISONS, exp.NullSafeEQ, exp.NullSafeNEQ), compare),
    **dict.fromkeys((exp.Case, exp.Coalesce, exp.Greatest, exp.Least), choose),
}
