"""Windows that refine a named one: Spark refers to a named window only as a whole."""

from __future__ import annotations

from sqlglot import exp

_PARTS = ("partition_by", "order", "spec")


def write_out_windows(tree: exp.Expr) -> None:
    """Write the parts of a named window into each `over` that adds parts to it."""
    for window in list(tree.find_all(exp.Window)):
        name = window.args.get("alias")
        select = window.find_ancestor(exp.Select)
        if name is None or select is None or window.arg_key == "windows":
            continue
        if not any(window.args.get(part) for part in _PARTS):
            continue
        for definition in select.args.get("windows") or ():
            if definition.name == name.name:
                _refine(window, definition)


def _refine(window: exp.Window, definition: exp.Expr) -> None:
    window.set("alias", None)
    for part in _PARTS:
        value = definition.args.get(part)
        if value and not window.args.get(part):
            copied = [each.copy() for each in value] if isinstance(value, list) else value.copy()
            window.set(part, copied)
