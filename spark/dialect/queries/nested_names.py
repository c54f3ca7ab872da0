"""CTEs within CTEs and subqueries: all become CTEs of the statement, each under a name of its own.

sqlglot writes them so for Spark, and keeps their names, which may repeat.
"""

from __future__ import annotations

from collections import Counter

from sqlglot import exp


def name_apart(tree: exp.Expr) -> None:
    """Move all CTEs to the top, each after those that it reads; repeated names get a number."""
    times = Counter(each.alias for each in tree.find_all(exp.CTE))
    own = {each.alias for each in _ctes(tree)}
    collected: list[exp.Expr] = []
    _collect(tree, {name for name, count in times.items() if count > 1} | own, collected, own)
    if collected:
        tree.set("with_", exp.With(expressions=collected))


def _collect(
    query: exp.Expr, repeated: set[str], collected: list[exp.Expr], kept: set[str]
) -> None:
    ctes = _ctes(query)
    if ctes:
        query.set("with_", None)
    for place, cte in enumerate(ctes):
        _collect(cte.this, repeated, collected, set())
        name = cte.alias
        if name in repeated and name not in kept:
            own = f"{name}__{len(collected)}"
            cte.args["alias"].set("this", exp.to_identifier(own, quoted=True))
            for reader in (*ctes[place + 1 :], query):
                _refer(reader, name, own)
        collected.append(cte)
    for child in list(query.iter_expressions()):
        _collect(child, repeated, collected, set())


def _ctes(query: exp.Expr) -> list[exp.Expr]:
    with_ = query.args.get("with_")
    return list(with_.expressions) if with_ is not None else []


def _refer(node: exp.Expr, name: str, own: str) -> None:
    """Read a CTE under its own name, except where another one has taken the name."""
    if isinstance(node, exp.Table) and node.name == name and not node.db:
        node.set("this", exp.to_identifier(own, quoted=True))
    for cte in _ctes(node):
        _refer(cte.this, name, own)
        if cte.alias == name:
            return
    for child in node.iter_expressions():
        if not isinstance(child, exp.With):
            _refer(child, name, own)
