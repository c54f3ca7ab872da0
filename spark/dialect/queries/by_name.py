"""`union all by name`: both sides get all columns in one order."""

from __future__ import annotations

from sqlglot import exp


def unite_by_position(tree: exp.Expr) -> None:
    """Write unions by name as unions by position, the inner ones first."""
    unions = [each for each in tree.find_all(exp.SetOperation) if each.args.get("by_name")]
    for union in reversed(unions):
        left, right = _columns(union.this), _columns(union.expression)
        names = list(dict.fromkeys((*left, *right)))
        union.set("this", _with_columns(union.this, left, names))
        union.set("expression", _with_columns(union.expression, right, names))
        union.set("by_name", False)


def _columns(query: exp.Expr) -> list[str]:
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    return [each.alias_or_name for each in query.expressions]


def _with_columns(query: exp.Expr, own: list[str], names: list[str]) -> exp.Select:
    columns = [
        exp.column(name, quoted=True) if name in own else exp.alias_(exp.Null(), name, quoted=True)
        for name in names
    ]
    body = query.unnest() if isinstance(query, exp.Subquery) else query
    return exp.select(*columns).from_(exp.Subquery(this=body.copy(), alias=_alias("_side")))


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name))
