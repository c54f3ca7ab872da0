"""Pieces of syntax trees: calls, casts and constants, and the types noted at their nodes."""

from __future__ import annotations

import re
from decimal import Decimal

import sqlglot
from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError

_TYPE = "duckdb_type"
_NEEDS_NO_PARENTHESES = (
    exp.Anonymous,
    exp.Case,
    exp.Cast,
    exp.Column,
    exp.Func,
    exp.Identifier,
    exp.Literal,
    exp.Null,
    exp.Paren,
    exp.Subquery,
)


def note_type(node: exp.Expr, name: str) -> None:
    """Note DuckDB's type of an expression."""
    node.meta[_TYPE] = name


def type_of(node: exp.Expr | None) -> str:
    """DuckDB's type of an expression, `types.UNKNOWN` if none is noted."""
    if node is None:
        return types.UNKNOWN
    noted = node.meta.get(_TYPE)
    if noted is not None:
        return str(noted)
    if isinstance(node, exp.Paren | exp.Alias):
        return type_of(node.this)
    return _type_of_constant(node)


def _type_of_constant(node: exp.Expr) -> str:
    if isinstance(node, exp.Null):
        return types.NULL
    if isinstance(node, exp.Boolean):
        return types.BOOLEAN
    if isinstance(node, exp.Interval):
        return types.INTERVAL
    if not isinstance(node, exp.Literal):
        return types.UNKNOWN
    if node.is_string:
        return types.VARCHAR
    if re.fullmatch(r"\d+", node.name):
        value = int(node.name)
        return types.INTEGER if value < 2**31 else types.BIGINT if value < 2**63 else types.HUGEINT
    if "e" in node.name.lower():
        return types.DOUBLE
    _, digits, exponent = Decimal(node.name).as_tuple()
    scale = -int(exponent)
    return f"DECIMAL({max(len(digits), scale)},{scale})"


def needed_type(node: exp.Expr) -> str:
    """DuckDB's type of an expression whose translation depends on it.

    Raises:
        UnsupportedConstructError: it is unknown.
    """
    found = type_of(node)
    if found == types.UNKNOWN:
        raise UnsupportedConstructError(source(node), "its type is unknown")
    return found


def source(node: exp.Expr) -> str:
    """The text of a node for a message, cut to a line."""
    text = node.sql("duckdb", comments=False)
    return text if len(text) < 100 else f"{text[:97]}..."


def call(name: str, *arguments: exp.Expr | str | int) -> exp.Anonymous:
    """A call of a function of Spark; texts and whole numbers become literals."""
    return exp.Anonymous(this=name, expressions=[_operand(each) for each in arguments])


def _operand(value: exp.Expr | str | int) -> exp.Expr:
    if isinstance(value, str):
        return exp.Literal.string(value)
    return exp.Literal.number(value) if isinstance(value, int) else value


def cast(node: exp.Expr, to: str) -> exp.Cast:
    """A cast to a type of Spark."""
    return exp.Cast(this=node, to=exp.DataType.build(to, dialect="spark"))


def try_cast(node: exp.Expr, to: str) -> exp.TryCast:
    """A cast to a type of Spark that is null where it fails."""
    # Without `safe` sqlglot writes a cast that fails.
    return exp.TryCast(this=node, to=exp.DataType.build(to, dialect="spark"), safe=True)


def grouped(node: exp.Expr) -> exp.Expr:
    """The node, in parentheses where an operator beside it could take a part of it."""
    return node if isinstance(node, _NEEDS_NO_PARENTHESES) else exp.Paren(this=node)


def template(sql: str, **parts: exp.Expr) -> exp.Expr:
    """Spark SQL with parts in the places of columns of their names."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name in parts:
            return grouped(parts[node.name].copy())
        return node

    return sqlglot.parse_one(sql, read="spark").transform(fill, copy=False)


def constant(node: exp.Expr | None) -> int | None:
    """The value of a constant whole number, of a product of them, or None."""
    if isinstance(node, exp.Paren):
        return constant(node.this)
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        return int(node.name)
    if isinstance(node, exp.Neg):
        value = constant(node.this)
        return None if value is None else -value
    if isinstance(node, exp.Mul):
        left, right = constant(node.this), constant(node.expression)
        return None if left is None or right is None else left * right
    return None


def literal_text(node: exp.Expr | None, construct: str) -> str:
    """The value of a literal text.

    Raises:
        UnsupportedConstructError: the node is no literal text.
    """
    if isinstance(node, exp.Literal) and node.is_string:
        return node.name
    raise UnsupportedConstructError(construct, "Only a literal text can be translated here")
