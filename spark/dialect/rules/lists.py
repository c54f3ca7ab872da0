"""Lists.

DuckDB ignores null lists in concatenations, and a search in a list is never null for its nulls.
"""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import (
    call,
    cast,
    constant,
    literal_text,
    needed_type,
    source,
    template,
    type_of,
)


def element(node: exp.Expr) -> exp.Expr | None:
    """`list[i]`: null outside of the list, and for the index 0."""
    (index,) = node.expressions
    if types.is_structure(needed_type(node.this)):
        name = exp.to_identifier(literal_text(index, "a field of a row"), quoted=True)
        return exp.Dot(this=node.this, expression=name)
    if isinstance(index, exp.Slice) or not types.is_list(needed_type(node.this)):
        raise UnsupportedConstructError(source(node), "Only one element of a list is translated")
    place = constant(index)
    if place is not None:
        # The parser has moved a constant index to one that begins at 0.
        index = exp.Literal.number(place + 1)
        return exp.null() if place + 1 == 0 else call("try_element_at", node.this, index)
    if type_of(index) != types.INTEGER:
        index = cast(index, "int")
    return call(
        "try_element_at", node.this, exp.Nullif(this=index, expression=exp.Literal.number(0))
    )


def literal(node: exp.Expr) -> exp.Expr | None:
    """`[a, b]`, its elements in the type of the list."""
    kind = needed_type(node)
    result = call("array", *node.expressions)
    element_kind = types.element_type(kind)
    same = all(type_of(each) == element_kind for each in node.expressions)
    return result if same and node.expressions else _typed(result, kind)


def _typed(node: exp.Expr, kind: str) -> exp.Expr:
    return node if types.NULL in kind else cast(node, types.spark_type(kind))


def length(node: exp.Expr) -> exp.Expr | None:
    """`len` of a list or a text."""
    kind = needed_type(node.this)
    if types.is_list(kind):
        return cast(call("size", node.this), "bigint")
    if types.is_text(kind):
        return cast(call("char_length", node.this), "bigint")
    raise UnsupportedConstructError(source(node), f"The length of {kind}")


def contains(node: exp.Expr) -> exp.Expr | None:
    """`list_contains`: false, and not null, where only nulls differ."""
    return template(
        "case when x is not null then size(filter(l, _x -> _x = x)) > 0 end",
        l=node.this,
        x=node.expression,
    )


def contains_all(node: exp.Expr) -> exp.Expr | None:
    """`list_has_all`."""
    whole, part = node.expressions
    return template("size(array_except(array_compact(p), l)) = 0", l=whole, p=part)


def concatenate(node: exp.Expr) -> exp.Expr | None:
    """`list_concat`: a null list adds nothing, so the result is never null."""
    kind = types.spark_type(needed_type(node))
    lists = [node.this, *node.expressions]
    filled = [template(f"coalesce(l, cast(array() as {kind}))", l=each) for each in lists]
    return call("concat", *filled)


def distinct(node: exp.Expr) -> exp.Expr | None:
    """`list_distinct`, which drops nulls."""
    return call("array_distinct", call("array_compact", node.this))


def ascending(node: exp.Expr) -> exp.Expr | None:
    """`list_sort`: ascending, nulls last."""
    return call("array_sort", node.this)


def joined(node: exp.Expr) -> exp.Expr | None:
    """`array_to_string`."""
    return call("array_join", node.this, node.expression)


def position(node: exp.Expr) -> exp.Expr | None:
    """`list_position`: null without a match."""
    found = call("array_position", *node.expressions)
    return exp.Nullif(this=found, expression=exp.Literal.number(0))


def total(node: exp.Expr) -> exp.Expr | None:
    """`list_sum`: without nulls, and null without values."""
    kind = types.spark_type(needed_type(node))
    return template(
        f"aggregate(l, cast(null as {kind}), (_s, _x) -> "
        f"coalesce(_s + cast(_x as {kind}), _s, cast(_x as {kind})))",
        l=node.expressions[0],
    )


def series(node: exp.Expr) -> exp.Expr | None:
    """`range` and `generate_series` as lists: empty if the end is before the start."""
    first = node.args.get("start") or exp.Literal.number(0)
    last, step = node.args["end"], node.args.get("step")
    kind = type_of(first)
    if kind == types.DATE or types.is_time(kind):
        return _times(node, first, last, step)
    if step is not None:
        raise UnsupportedConstructError(source(node), "A series with a step")
    end = f"cast(e as bigint){' - 1' if node.args.get('is_end_exclusive') else ''}"
    return template(
        f"case when cast(a as bigint) <= {end} then sequence(cast(a as bigint), {end})"
        " when a is not null and e is not null then cast(array() as array<bigint>) end",
        a=first,
        e=last,
    )


def _times(node: exp.Expr, first: exp.Expr, last: exp.Expr, step: exp.Expr | None) -> exp.Expr:
    if step is None or not isinstance(step, exp.Interval):
        raise UnsupportedConstructError(source(node), "A series of times without a constant step")
    start, end = cast(first, "timestamp_ntz"), cast(last, "timestamp_ntz")
    times = template(
        "case when a <= e then sequence(a, e, s) when a > e then"
        " cast(array() as array<timestamp_ntz>) end",
        a=start,
        e=end,
        s=step,
    )
    if node.args.get("is_end_exclusive"):
        return template("filter(t, _t -> _t < e)", t=times, e=end)
    return times


def distance(node: exp.Expr) -> exp.Expr | None:
    """`list_distance`: Euclidean."""
    return template(
        "sqrt(aggregate(zip_with(a, b, (_p, _q) -> power(cast(_p as double) - _q, 2)), 0D,"
        " (_s, _x) -> _s + _x))",
        a=node.this,
        b=node.expression,
    )


def flattened(node: exp.Expr) -> exp.Expr | None:
    """`flatten`: a null list within adds nothing."""
    return template("flatten(array_compact(l))", l=node.this)


def rows(node: exp.Expr) -> exp.Expr | None:
    """`unnest`, alone in its column."""
    return call("explode", node.this)


RULES: dict[type[exp.Expr], Rule] = {
    exp.Bracket: element,
    exp.Array: literal,
    exp.Length: length,
    exp.ArrayContains: contains,
    exp.ArrayConcat: concatenate,
    exp.ArrayDistinct: distinct,
    exp.ArraySort: ascending,
    exp.ArrayToString: joined,
    exp.Flatten: flattened,
    exp.GenerateSeries: series,
    exp.EuclideanDistance: distance,
    exp.Explode: rows,
}
FUNCTIONS: dict[str, Rule] = {
    "list_has_all": contains_all,
    "list_position": position,
    "list_sort": ascending,
    "list_sum": total,
}
