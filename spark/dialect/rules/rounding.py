"""`round`, `ceil` and `floor`."""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import cast, constant, needed_type, template

# Beyond it a double has no fraction, and Spark's BIGINT of it may not fit.
_WHOLE = "9e15D"


def round_half_away(node: exp.Expr) -> exp.Expr | None:
    """`round(x, n)`: DuckDB scales a double, rounds and scales back; Spark rounds its decimals."""
    kind = needed_type(node.this)
    if not types.is_float(kind):
        return None
    places = node.args.get("decimals")
    digits = 0 if places is None else constant(places)
    if digits is None:
        raise UnsupportedConstructError("round", "The number of digits is no constant")
    value = cast(node.this, "double") if kind == types.FLOAT else node.this
    rounded = template("round(x)", x=value)
    if digits > 0:
        rounded = template(f"round(x * 1E{digits}D) / 1E{digits}D", x=value)
    elif digits < 0:
        rounded = template(f"round(x / 1E{-digits}D) * 1E{-digits}D", x=value)
    for division in rounded.find_all(exp.Div):
        division.set("typed", False)
        division.set("safe", True)
    return cast(rounded, "float") if kind == types.FLOAT else exp.Paren(this=rounded)


def round_to_whole(node: exp.Expr) -> exp.Expr | None:
    """`ceil` and `floor` of a double: a double, and not a BIGINT as Spark's."""
    kind = needed_type(node.this)
    if not types.is_float(kind):
        return None
    name = "ceil" if isinstance(node, exp.Ceil) else "floor"
    result = types.spark_type(kind)
    return template(
        f"case when abs(x) < {_WHOLE} then cast({name}(x) as {result}) else x end", x=node.this
    )


RULES: dict[type[exp.Expr], Rule] = {
    exp.Round: round_half_away,
    exp.Ceil: round_to_whole,
    exp.Floor: round_to_whole,
}
