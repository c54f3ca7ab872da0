"""Semi and anti joins as conditions: Spark's `using` of one differs in the columns that stay."""

from __future__ import annotations

from sqlglot import exp

from spark.dialect.errors import UnsupportedConstructError

_KINDS = ("SEMI", "ANTI")


def join_by_exists(tree: exp.Expr) -> None:
    """Write `semi join` and `anti join` as `exists` and `not exists`."""
    for join in list(tree.find_all(exp.Join)):
        if join.kind.upper() not in _KINDS:
            continue
        select = join.parent
        if not isinstance(select, exp.Select):
            raise UnsupportedConstructError(f"{join.kind} join", "It joins no select")
        condition = _condition(join, select.args["from_"].this.alias_or_name)
        found = exp.select(exp.Literal.number(1)).from_(join.this.copy()).where(condition)
        exists = exp.Exists(this=found)
        select.where(exp.not_(exists) if join.kind.upper() == "ANTI" else exists, copy=False)
        join.pop()


def _condition(join: exp.Join, left: str) -> exp.Expr:
    right = join.this.alias_or_name
    pairs = [
        exp.column(key.name, left).eq(exp.column(key.name, right))
        for key in join.args.get("using") or ()
    ]
    on = join.args.get("on")
    return exp.and_(*pairs, *([on.copy()] if on is not None else []))
