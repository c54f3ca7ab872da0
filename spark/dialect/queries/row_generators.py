"""Rows out of lists: `unnest` among the columns of a select, and `range` as a table."""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.binding.statement_types import series_column
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.tree import note_type, type_of

_ELEMENT = "_element"


def generate_rows(tree: exp.Expr) -> None:
    """Write both as `explode` of a list, which stands alone in its column as Spark wants it."""
    for select in list(tree.find_all(exp.Select)):
        found = [
            (projection, each)
            for projection in select.expressions
            for each in projection.find_all(exp.Explode)
            if each.find_ancestor(exp.Select) is select
        ]
        if len(found) > 1:
            raise UnsupportedConstructError("unnest", "A select with two of them")
        for projection, generator in found:
            _explode(projection, generator)
    for table in list(tree.find_all(exp.Table)):
        if isinstance(table.this, exp.GenerateSeries):
            table.replace(_series(table))


def _explode(projection: exp.Expr, generator: exp.Expr) -> None:
    """`f(unnest(list))` as `explode(transform(list, x -> f(x)))`."""
    values = generator.this
    element = exp.to_identifier(_ELEMENT)
    note_type(element, types.element_type(type_of(values)))
    whole = projection.this if isinstance(projection, exp.Alias) else projection
    if generator is not whole:
        generator.replace(element)
        function = exp.Lambda(this=whole.copy(), expressions=[exp.to_identifier(_ELEMENT)])
        values = exp.Transform(this=values.copy(), expression=function)
        note_type(values, f"{type_of(whole)}[]")
    name = projection.alias_or_name
    projection.replace(exp.alias_(_generator(values), name, quoted=True))


def _generator(values: exp.Expr) -> exp.Expr:
    return exp.Explode(this=values.copy())


def _series(table: exp.Table) -> exp.Subquery:
    alias = table.args.get("alias")
    names = [each.name for each in alias.args.get("columns") or ()] if alias else []
    name = names[0] if names else series_column(table.this)
    rows = exp.select(exp.alias_(_generator(table.this), name, quoted=True))
    return exp.Subquery(
        this=rows, alias=exp.TableAlias(this=exp.to_identifier(table.alias, quoted=True))
    )
