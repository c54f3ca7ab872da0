"""Aggregates, and the conditions and windows around them."""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import call, cast, literal_text, needed_type, source, template, type_of

# Marks the aggregate within what a rule has built around it.
_AGGREGATE = "aggregate"


def total(node: exp.Expr) -> exp.Expr | None:
    """`sum`; DuckDB adds truth values too."""
    if type_of(node.this) == types.BOOLEAN:
        return exp.Sum(this=cast(node.this, "bigint"))
    return None


def mean(node: exp.Expr) -> exp.Expr | None:
    """`avg`: a double for numbers of all types."""
    kind = needed_type(node.this)
    if types.is_number(kind):
        return exp.Avg(this=node.this if kind == types.DOUBLE else cast(node.this, "double"))
    raise UnsupportedConstructError(source(node), f"The average of {kind}")


def count_if(node: exp.Expr) -> exp.Expr | None:
    """`count_if`: a sum for DuckDB, so null without rows."""
    return exp.Sum(this=template("case when x then 1 when not x then 0 end", x=node.this))


def any_value(node: exp.Expr) -> exp.Expr | None:
    """`any_value` of the values that are not null."""
    if isinstance(node.this, exp.AnyValue):
        return call("any_value", node.this.this, exp.true())
    return None


def by_extreme(node: exp.Expr) -> exp.Expr | None:
    """`arg_max(x, k)` and `arg_min`, over the rows in which neither is null."""
    if node.args.get("count"):
        raise UnsupportedConstructError(source(node), "Only one value is translated")
    value, key = node.this, node.expression
    if isinstance(key, exp.Tuple):
        # In DuckDB's rows a null is the greatest value, in Spark's the smallest.
        pairs = [(template("x is null", x=each), each) for each in key.expressions]
        key = call("struct", *[each for pair in pairs for each in pair])
    name = "max_by" if isinstance(node, exp.ArgMax) else "min_by"
    return template(f"{name}(x, case when x is not null then k end)", x=value, k=key)


def median(node: exp.Expr) -> exp.Expr | None:
    """`median`: interpolated as low + (high - low) / 2, so that ties of a later `round` agree."""
    if not types.is_float(needed_type(node)):
        raise UnsupportedConstructError(source(node), "Its result is no floating-point number")
    low, high = (f"try_element_at(_m, cast({each} as int))" for each in (_LOW, _HIGH))
    collected = _aggregate(call("collect_list", cast(node.this, "double")))
    return _around(
        f"transform(array(array_sort(_list)), _m -> {low} + ({high} - {low}) * 0.5D)[0]", collected
    )


_LOW = "greatest((size(_m) + 1) div 2, 1)"
_HIGH = "size(_m) div 2 + 1"


def discrete_quantile(node: exp.Expr) -> exp.Expr | None:
    """`quantile_disc`."""
    order = exp.Order(expressions=[exp.Ordered(this=node.this, nulls_first=False)])
    chosen = exp.WithinGroup(this=call("percentile_disc", node.expression), expression=order)
    return cast(_aggregate(chosen), types.spark_type(needed_type(node)))


def collect(node: exp.Expr) -> exp.Expr | None:
    """`list(x order by k)`: with its nulls, in order, and null without rows."""
    value, keys = _ordered(node.this)
    if isinstance(value, exp.Distinct):
        return _collect_distinct(value.expressions[0], keys, node)
    return _around(
        "transform(array(_list), _r -> case when size(_r) > 0 then"
        f" transform({_sorted('_r', keys)}, _e -> _e.v) end)[0]",
        _rows(value, keys),
    )


def _rows(value: exp.Expr, keys: list[exp.Ordered]) -> exp.Expr:
    """A list of rows: a list of values would leave out nulls."""
    fields: list[exp.Expr] = []
    for place, key in enumerate(keys):
        fields += [exp.Literal.string(f"k{place}"), key.this]
    row = call("named_struct", *fields, exp.Literal.string("v"), value)
    return _aggregate(call("collect_list", row))


def _collect_distinct(value: exp.Expr, keys: list[exp.Ordered], node: exp.Expr) -> exp.Expr:
    value, inner = _ordered(value)
    return _around(
        "transform(array(_list), _r -> case when size(_r) > 0 then"
        " array_sort(transform(_r, _e -> _e.v)) end)[0]",
        _distinct_rows(value, keys or inner, node),
    )


def _distinct_rows(value: exp.Expr, keys: list[exp.Ordered], node: exp.Expr) -> exp.Expr:
    if len(keys) > 1 or (keys and (keys[0].this != value or keys[0].args.get("desc"))):
        raise UnsupportedConstructError(source(node), "Distinct values in another order")
    return _aggregate(call("collect_set", call("named_struct", "v", value)))


def _sorted(rows: str, keys: list[exp.Ordered]) -> str:
    """Rows in the order of their keys, nulls last as for DuckDB."""
    if not keys:
        return rows
    steps = []
    for place, key in enumerate(keys):
        after, before = ("-1", "1") if key.args.get("desc") else ("1", "-1")
        a, b = f"_a.k{place}", f"_b.k{place}"
        first = bool(key.args.get("nulls_first"))
        steps.append(f"when {a} is null and {b} is not null then {'-1' if first else '1'}")
        steps.append(f"when {b} is null and {a} is not null then {'1' if first else '-1'}")
        steps.append(f"when {a} > {b} then {after} when {a} < {b} then {before}")
    return f"array_sort({rows}, (_a, _b) -> case {' '.join(steps)} else 0 end)"


def join_texts(node: exp.Expr) -> exp.Expr | None:
    """`string_agg(x, separator order by k)`: without nulls, and null without values.

    Spark's `listagg` has no plan beside an aggregate of distinct values.
    """
    separator = node.args.get("separator")
    between = literal_text(separator, "string_agg") if separator else ","
    value, keys = _ordered(node.this)
    if isinstance(value, exp.Distinct):
        texts = "array_sort(array_compact(transform(_r, _e -> _e.v)))"
        value, inner = _ordered(value.expressions[0])
        rows = _distinct_rows(value, keys or inner, node)
    else:
        texts = f"array_compact(transform({_sorted('_r', keys)}, _e -> _e.v))"
        rows = _rows(value, keys)
    joined = (
        f"transform(array({texts}), _t -> case when size(_t) > 0 then array_join(_t, s) end)[0]"
    )
    return template(
        f"transform(array(_list), _r -> {joined})[0]", _list=rows, s=exp.Literal.string(between)
    )


def _ordered(node: exp.Expr) -> tuple[exp.Expr, list[exp.Ordered]]:
    if isinstance(node, exp.Order):
        return node.this, list(node.expressions)
    return node, []


def filtered(node: exp.Expr) -> exp.Expr | None:
    """`filter (where …)`, around the aggregate itself; in a window as a condition on its values."""
    condition = node.expression.this
    if isinstance(node.parent, exp.Window):
        return _conditional(node.this, condition, node)
    return _wrap(node.this, lambda inner: exp.Filter(this=inner, expression=node.expression.copy()))


def _conditional(aggregate: exp.Expr, condition: exp.Expr, node: exp.Expr) -> exp.Expr:
    """An aggregate of `case when`: Spark filters in no window."""
    marked = [each for each in aggregate.walk() if each.meta.get(_AGGREGATE)]
    for each in marked:
        # A list leaves out what is null.
        (collected,) = each.expressions
        kept = template("case when c then x end", c=condition, x=collected)
        each.set("expressions", [kept])
    if marked:
        return aggregate
    if isinstance(aggregate, exp.Count) and isinstance(aggregate.this, exp.Star):
        value: exp.Expr = exp.Literal.number(1)
    elif isinstance(aggregate, exp.Count | exp.Sum | exp.Min | exp.Max | exp.Avg | exp.LogicalOr):
        value = aggregate.this
    else:
        raise UnsupportedConstructError(source(node), "A filter of it in a window")
    return type(aggregate)(this=template("case when c then x end", c=condition, x=value))


def windowed(node: exp.Expr) -> exp.Expr | None:
    """`over (…)`, around the aggregate itself."""
    if not any(each.meta.get(_AGGREGATE) for each in node.this.walk()):
        return None
    parts = {key: value for key, value in node.args.items() if key != "this"}

    def over(inner: exp.Expr) -> exp.Expr:
        window = exp.Window(this=inner)
        for key, value in parts.items():
            copied = [each.copy() for each in value] if isinstance(value, list) else value
            window.set(key, copied.copy() if isinstance(copied, exp.Expr) else copied)
        return window

    return _wrap(node.this, over)


def _aggregate(node: exp.Expr) -> exp.Expr:
    node.meta[_AGGREGATE] = True
    return node


def _around(sql: str, aggregate: exp.Expr) -> exp.Expr:
    return template(sql, _list=aggregate)


def _wrap(node: exp.Expr, wrap: object) -> exp.Expr:
    """The node with its marked aggregates wrapped, or wrapped itself without any."""
    marked = [each for each in node.walk() if each.meta.get(_AGGREGATE)]
    if not marked:
        return wrap(node)  # type: ignore[operator, no-any-return]
    for each in marked:
        wrapped = _aggregate(wrap(each.copy()))  # type: ignore[operator]
        each.meta.pop(_AGGREGATE)
        wrapped.this.meta.pop(_AGGREGATE, None)
        if each is node:
            return wrapped
        each.replace(wrapped)
    return node


RULES: dict[type[exp.Expr], Rule] = {
    exp.Sum: total,
    exp.Avg: mean,
    exp.CountIf: count_if,
    exp.IgnoreNulls: any_value,
    exp.ArgMax: by_extreme,
    exp.ArgMin: by_extreme,
    exp.Median: median,
    exp.PercentileDisc: discrete_quantile,
    exp.ArrayAgg: collect,
    exp.GroupConcat: join_texts,
    exp.Filter: filtered,
    exp.Window: windowed,
}
