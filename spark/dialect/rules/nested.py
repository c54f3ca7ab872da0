"""Rows, tuples and JSON."""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import call, needed_type, source, template


def row(node: exp.Expr) -> exp.Expr | None:
    """`row(a, b)`."""
    return call("struct", *node.expressions)


def structure(node: exp.Expr) -> exp.Expr | None:
    """`{'a': 1}`."""
    fields: list[exp.Expr] = []
    for each in node.expressions:
        if not isinstance(each, exp.PropertyEQ):
            raise UnsupportedConstructError(source(node), "A field without a name")
        fields += [exp.Literal.string(each.name), each.expression]
    return call("named_struct", *fields)


def json_text(node: exp.Expr) -> exp.Expr | None:
    """`->>` with a path of names."""
    path = node.expression
    keys = [each.name for each in path.find_all(exp.JSONPathKey)]
    known = (exp.JSONPath, exp.JSONPathKey, exp.JSONPathRoot)
    if not keys or any(not isinstance(each, known) for each in path.walk()):
        raise UnsupportedConstructError(source(node), "Only a path of names is translated")
    return call("get_json_object", node.this, f"$.{'.'.join(keys)}")


def is_json(node: exp.Expr) -> exp.Expr | None:
    """`json_valid`."""
    value = node.expressions[0]
    return template("case when x is not null then try_parse_json(x) is not null end", x=value)


def as_json(node: exp.Expr) -> exp.Expr | None:
    """`to_json` of a text."""
    (value,) = node.expressions
    if needed_type(value) != types.VARCHAR:
        raise UnsupportedConstructError(source(node), "Only a text becomes JSON")
    text = "substr(to_json(array(x)), 2, length(to_json(array(x))) - 2)"
    return template(f"case when x is not null then {text} end", x=value)


def name_of_type(node: exp.Expr) -> exp.Expr | None:
    """`typeof`, which is known before any row is read."""
    return exp.Literal.string(needed_type(node.this))


RULES: dict[type[exp.Expr], Rule] = {
    exp.Struct: structure,
    exp.JSONExtractScalar: json_text,
    exp.Typeof: name_of_type,
}
FUNCTIONS: dict[str, Rule] = {"json_valid": is_json, "row": row, "to_json": as_json}
