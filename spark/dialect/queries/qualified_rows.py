"""`qualify`: a condition on windows becomes a column of a subquery and a condition on it."""

from __future__ import annotations

from sqlglot import exp

from spark.dialect.errors import UnsupportedConstructError

_KEPT = "_kept"
_ROWS = "_rows"


def filter_outside(tree: exp.Expr) -> exp.Expr:
    """Write `qualify` as a condition of a query around; the names of all columns must be known."""
    for select in reversed(list(tree.find_all(exp.Select))):
        qualify = select.args.get("qualify")
        if qualify is None:
            continue
        names = [each.alias_or_name for each in select.expressions]
        inner = select.copy()
        inner.set("qualify", None)
        with_ = inner.args.get("with_")
        inner.set("with_", None)
        if inner.args.get("order") or inner.args.get("limit"):
            raise UnsupportedConstructError("qualify", "It stands beside an order or a limit")
        inner.append("expressions", exp.alias_(qualify.this.copy(), _KEPT))
        outer = exp.select(*[exp.column(name, _ROWS, quoted=True) for name in names])
        outer = outer.from_(inner.subquery(_ROWS)).where(exp.column(_KEPT, _ROWS))
        outer.set("with_", with_)
        if select is tree:
            tree = outer
        else:
            select.replace(outer)
    return tree
