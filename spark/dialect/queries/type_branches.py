"""`case typeof(x) when …`: the branch of the column's type, known before a row is read."""

from __future__ import annotations

from sqlglot import exp

from spark.dialect.tree import grouped, needed_type


def keep_branch_of_type(tree: exp.Expr) -> None:
    """Put the branch that applies in the place of each such case, the outer ones first."""
    for case in list(tree.find_all(exp.Case)):
        if isinstance(case.this, exp.Typeof):
            case.replace(grouped(_branch(case, needed_type(case.this.this))))


def _branch(case: exp.Case, kind: str) -> exp.Expr:
    branches: list[exp.If] = case.args["ifs"]
    chosen: exp.Expr | None = next(
        (each.args["true"] for each in branches if each.this.name == kind),
        case.args.get("default"),
    )
    return exp.null() if chosen is None else chosen.copy()
