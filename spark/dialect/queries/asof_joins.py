"""`asof join`: the nearest row of the right side, by a subquery for each row of the left one."""

from __future__ import annotations

from sqlglot import exp

from spark.dialect.errors import UnsupportedConstructError

_INEQUALITIES = (exp.GTE, exp.GT, exp.LTE, exp.LT)


def join_nearest(tree: exp.Expr) -> None:
    """Write each as a lateral join of one row."""
    for join in list(tree.find_all(exp.Join)):
        if join.method.upper() != "ASOF":
            continue
        right, condition = join.this, join.args.get("on")
        if condition is None or join.side.upper() not in ("", "LEFT"):
            raise UnsupportedConstructError("asof join", "Only left and inner ones with `on`")
        nearest = (
            exp.select("*")
            .from_(right.copy())
            .where(condition.copy())
            .order_by(_nearest_first(condition, right.alias_or_name))
            .limit(1)
        )
        alias = exp.TableAlias(this=exp.to_identifier(right.alias_or_name))
        join.set("this", exp.Lateral(this=nearest.subquery(), alias=alias))
        join.set("method", None)
        join.set("on", exp.true())


def _nearest_first(condition: exp.Expr, right: str) -> exp.Ordered:
    parts = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    found = [each for each in parts if isinstance(each, _INEQUALITIES)]
    if len(found) != 1:
        raise UnsupportedConstructError("asof join", "It has no single inequality")
    (bound,) = found
    is_right_above = bound.this.find(exp.Column).table == right
    key = bound.this if is_right_above else bound.expression
    # left >= right asks for the greatest of the right side.
    is_greatest = isinstance(bound, exp.GTE | exp.GT) != is_right_above
    return exp.Ordered(this=key.copy(), desc=is_greatest, nulls_first=False)
