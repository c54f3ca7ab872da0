"""The rules applied to a statement, the inner expressions first."""

from __future__ import annotations

from sqlglot import exp

from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules import (
    aggregates,
    arithmetic,
    bits,
    casts,
    dates,
    lists,
    nested,
    patterns,
    rounding,
    texts,
    time_formats,
)
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.same import SAME
from spark.dialect.tree import note_type, type_of

# Of two rules for `+` and `-` the later one counts: that of dates leaves numbers to the other.
_RULES: dict[type[exp.Expr], Rule] = {
    **aggregates.RULES,
    **arithmetic.RULES,
    **bits.RULES,
    **casts.RULES,
    **dates.RULES,
    **lists.RULES,
    **nested.RULES,
    **patterns.RULES,
    **rounding.RULES,
    **texts.RULES,
}
_FUNCTIONS: dict[str, Rule] = {
    **dates.FUNCTIONS,
    **lists.FUNCTIONS,
    **nested.FUNCTIONS,
    **texts.FUNCTIONS,
    **time_formats.FUNCTIONS,
    "bit_count": lambda node: None,
}


def apply_rules(tree: exp.Expr) -> exp.Expr:
    """Translate all expressions of a statement whose types are noted.

    Raises:
        UnsupportedConstructError: an expression has no rule and is not known to be the same.
    """
    for node in reversed(list(tree.walk(bfs=False))):
        parent, key, index = node.parent, node.arg_key, node.index
        new = _rule_of(node)(node)
        if new is None or new is node:
            continue
        note_type(new, type_of(node))
        if parent is None or key is None:
            tree = new
        else:
            parent.set(key, new, index=index)
    return tree


def _rule_of(node: exp.Expr) -> Rule:
    kind = type(node)
    if kind in _RULES:
        return _RULES[kind]
    if kind is exp.Anonymous:
        name = node.name.lower()
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        raise UnsupportedConstructError(name, "No translation of this function is known")
    if kind in SAME or _is_known(node):
        return lambda _: None
    raise UnsupportedConstructError(kind.__name__, "No translation of this construct is known")


def _is_known(node: exp.Expr) -> bool:
    """Test whether a construct is the same in this form; in others it differs."""
    if isinstance(node, exp.Join):
        kind, side, method = (str(node.args.get(key) or "").upper() for key in _JOIN)
        return kind in ("", "INNER", "CROSS", "OUTER") and side in _SIDES and not method
    if isinstance(node, exp.WindowSpec):
        kind = str(node.args.get("kind") or "").upper()
        return kind in ("ROWS", "RANGE") and not node.args.get("exclude")
    return isinstance(node, exp.Distinct) and not node.args.get("on")


_JOIN = ("kind", "side", "method")
_SIDES = ("", "LEFT", "RIGHT", "FULL")
