"""CTEs within CTEs and subqueries: all become CTEs of the statement, each under a name of its own.

sqlglot writes them so for Spark, and keeps their names, which may repeat.
"""

from __future__ import annotations

from collections import Counter

from sqlglot import exp


def name_apart(tree: exp.Expr) -> None:
    """Move all CTEs to the top, those that a CTE reads before it; repeated names get a number."""
    used = Counter(each.alias for each in tree.find_all(exp.CTE))
    repeated = {name for name, times in used.items() if times > 1}
    numbers: Counter[str] = Counter()
    collected: list[exp.Expr] = []
    for query in _inner_first(tree):
        with_ = query.args["with_"]
        query.set("with_", None)
        for place, cte in enumerate(with_.expressions):
            name = cte.alias
            if name in repeated and query is not tree:
                numbers[name] += 1
                own = f"{name}__{numbers[name]}"
                cte.args["alias"].set("this", exp.to_identifier(own, quoted=True))
                for reader in (*with_.expressions[place + 1 :], query):
                    _refer(reader, name, own)
        collected.extend(with_.expressions)
    if collected:
        tree.set("with_", exp.With(expressions=collected))


def _inner_first(tree: exp.Expr) -> list[exp.Expr]:
    """Queries with CTEs, in the order in which their rows are needed."""
    found: list[exp.Expr] = []

    def visit(node: exp.Expr) -> None:
        with_ = node.args.get("with_")
        if with_ is not None:
            visit(with_)
        for key, value in node.args.items():
            if key != "with_":
                for each in value if isinstance(value, list) else (value,):
                    if isinstance(each, exp.Expr):
                        visit(each)
        if with_ is not None:
            found.append(node)

    visit(tree)
    return found


def _refer(reader: exp.Expr, name: str, own: str) -> None:
    for table in reader.find_all(exp.Table):
        if table.name == name and not table.db and isinstance(table.this, exp.Identifier):
            table.set("this", exp.to_identifier(own, quoted=True))
