"""Dates, timestamps and intervals."""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.rules import arithmetic
from spark.dialect.rules.arithmetic import Rule
from spark.dialect.tree import (
    call,
    cast,
    grouped,
    literal_text,
    needed_type,
    source,
    template,
    type_of,
)

_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600}
_PARTS = {
    "YEAR": "year",
    "QUARTER": "quarter",
    "MONTH": "month",
    "WEEK": "weekofyear",
    "DAY": "day",
    "DAYOFYEAR": "dayofyear",
    "DOY": "dayofyear",
    "HOUR": "hour",
    "MINUTE": "minute",
}
_CLASSES: dict[type[exp.Expr], str] = {
    exp.Year: "YEAR",
    exp.Quarter: "QUARTER",
    exp.Month: "MONTH",
    exp.Week: "WEEK",
    exp.Day: "DAY",
    exp.DayOfYear: "DAYOFYEAR",
    exp.Hour: "HOUR",
    exp.Minute: "MINUTE",
    exp.DayOfWeek: "DAYOFWEEK",
    exp.DayOfWeekIso: "ISODOW",
}
_UTC = "UTC"


def add(node: exp.Expr) -> exp.Expr | None:
    """`+`: days or an interval added to a date or a timestamp, or a sum of numbers."""
    left, right = type_of(node.this), type_of(node.expression)
    if right == types.DATE or (types.is_time(right) and left == types.INTERVAL):
        return _moved(node.expression, node.this, node)
    if left == types.DATE or types.is_time(left):
        return _moved(node.this, node.expression, node)
    return arithmetic.add_or_subtract(node)


def subtract(node: exp.Expr) -> exp.Expr | None:
    """`-`: days between dates, a date or timestamp before, or a difference of numbers."""
    left, right = type_of(node.this), type_of(node.expression)
    if left == types.DATE and right == types.DATE:
        return cast(call("datediff", node.this, node.expression), "bigint")
    if types.is_time(left) and (types.is_time(right) or right == types.DATE):
        # An interval of days and smaller parts in both engines.
        return (
            None
            if right == left
            else exp.Sub(this=node.this, expression=cast(node.expression, types.spark_type(left)))
        )
    if left == types.DATE or types.is_time(left):
        return _moved(node.this, node.expression, node)
    return arithmetic.add_or_subtract(node)


def _moved(when: exp.Expr, by: exp.Expr, node: exp.Expr) -> exp.Expr:
    kind = type_of(by)
    if types.is_integer(kind) and type_of(when) == types.DATE:
        name = "date_add" if isinstance(node, exp.Add) else "date_sub"
        return call(name, when, by if kind == types.INTEGER else cast(by, "int"))
    if kind != types.INTERVAL:
        raise UnsupportedConstructError(source(node), f"{kind} beside a time")
    time = cast(when, "timestamp_ntz") if type_of(when) == types.DATE else grouped(when)
    return type(node)(this=time, expression=by)


def truncate(node: exp.Expr) -> exp.Expr | None:
    """`date_trunc`, in DuckDB's type of the result."""
    unit = node.args["unit"].name
    return cast(call("date_trunc", unit, node.this), types.spark_type(needed_type(node)))


def difference(node: exp.Expr) -> exp.Expr | None:
    """`date_diff(unit, a, b)`: boundaries of the unit between two times."""
    unit = node.args["unit"].name.upper() if node.args.get("unit") else "DAY"
    later, earlier = node.this, node.expression
    if unit == "DAY":
        days = call("datediff", cast(later, "date"), cast(earlier, "date"))
        return cast(days, "bigint")
    if unit == "MONTH":
        months = "cast((year(a) - year(b)) * 12 + month(a) - month(b) as bigint)"
        return template(months, a=later, b=earlier)
    if unit == "YEAR":
        return template("cast(year(a) - year(b) as bigint)", a=later, b=earlier)
    if unit in _SECONDS:
        seconds = "unix_seconds(cast(date_trunc('{0}', {1}) as timestamp_ltz))"
        first, last = seconds.format(unit, "b"), seconds.format(unit, "a")
        whole = f"cast(({last} - {first}) div {_SECONDS[unit]} as bigint)"
        return template(whole, a=later, b=earlier)
    raise UnsupportedConstructError(f"date_diff('{unit.lower()}')", "Its boundaries differ")


def whole_months(node: exp.Expr) -> exp.Expr | None:
    """`datesub('month', a, b)`: months that have fully passed."""
    unit, earlier, later = node.expressions
    if literal_text(unit, "datesub") != "month" or type_of(later) != types.DATE:
        raise UnsupportedConstructError(source(node), "Only months between dates are translated")
    return template("cast(floor(months_between(b, a)) as bigint)", a=earlier, b=later)


def part(node: exp.Expr) -> exp.Expr | None:
    """`extract`, and the functions of the parts' names."""
    if isinstance(node, exp.Extract):
        unit, value = node.name.upper(), node.expression
    else:
        unit, value = _CLASSES[type(node)], node.this
    if unit in ("DAYOFWEEK", "DOW"):
        return template("cast(dayofweek(x) - 1 as bigint)", x=value)
    if unit == "ISODOW":
        return template("cast(weekday(x) + 1 as bigint)", x=value)
    if unit == "EPOCH":
        return seconds_since_1970(exp.TimeToUnix(this=value))
    if unit not in _PARTS:
        raise UnsupportedConstructError(f"extract({unit.lower()})", "It is not known")
    return cast(call(_PARTS[unit], value), "bigint")


def last_day(node: exp.Expr) -> exp.Expr | None:
    """`last_day`."""
    return call("last_day", node.this)


def seconds_since_1970(node: exp.Expr) -> exp.Expr | None:
    """`epoch`: a double with microseconds."""
    return template("unix_micros(cast(t as timestamp_ltz)) / 1e6D", t=node.this)


def milliseconds(node: exp.Expr) -> exp.Expr | None:
    """`epoch_ms`: of a number the timestamp, of a timestamp the number."""
    scale = node.args.get("scale")
    if scale is not None and scale.name == "6":
        return cast(call("timestamp_micros", node.this), "timestamp_ntz")
    if scale is None or scale.name != "3":
        raise UnsupportedConstructError(source(node), "Only milliseconds are translated")
    if types.is_integer(needed_type(node.this)):
        return cast(call("timestamp_millis", node.this), "timestamp_ntz")
    return template("unix_millis(cast(t as timestamp_ltz))", t=node.this)


def timestamp_of_microseconds(node: exp.Expr) -> exp.Expr | None:
    """`make_timestamp` of one number."""
    if len(node.expressions) != 1:
        raise UnsupportedConstructError("make_timestamp", "Only microseconds are translated")
    return cast(call("timestamp_micros", *node.expressions), "timestamp_ntz")


def timestamp_of_milliseconds(node: exp.Expr) -> exp.Expr | None:
    """`make_timestamp_ms`."""
    return cast(call("timestamp_millis", *node.expressions), "timestamp_ntz")


def in_zone(node: exp.Expr) -> exp.Expr | None:
    """`timezone(zone, t)`: the instant of a local time, or the local time of an instant."""
    zone = literal_text(node.expressions[0], "timezone")
    value = node.expressions[1]
    if needed_type(value) == types.TIMESTAMPTZ:
        local = cast(value, "timestamp_ntz")
        return local if zone == _UTC else call("convert_timezone", _UTC, zone, local)
    local = cast(value, "timestamp_ntz")
    return cast(
        local if zone == _UTC else call("convert_timezone", zone, _UTC, local), "timestamp_ltz"
    )


def seconds(node: exp.Expr) -> exp.Expr | None:
    """`to_seconds`."""
    return template("make_dt_interval(0, 0, 0, n)", n=node.expressions[0])


def minutes(node: exp.Expr) -> exp.Expr | None:
    """`to_minutes`."""
    return template("make_dt_interval(0, 0, cast(n as int), 0)", n=node.expressions[0])


def thousandths(node: exp.Expr) -> exp.Expr | None:
    """`to_milliseconds`."""
    seconds_of = "make_dt_interval(0, 0, 0, cast(n as decimal(18,0)) * 0.001)"
    return template(seconds_of, n=node.expressions[0])


def days(node: exp.Expr) -> exp.Expr | None:
    """`to_days`."""
    number = node.this if isinstance(node, exp.ToDays) else node.expressions[0]
    return template("make_dt_interval(cast(n as int), 0, 0, 0)", n=number)


def months(node: exp.Expr) -> exp.Expr | None:
    """`to_months`."""
    return template("make_ym_interval(0, cast(n as int))", n=node.expressions[0])


RULES: dict[type[exp.Expr], Rule] = {
    exp.Add: add,
    exp.Sub: subtract,
    exp.TimestampTrunc: truncate,
    exp.DateTrunc: truncate,
    exp.DateDiff: difference,
    exp.Extract: part,
    **dict.fromkeys(_CLASSES, part),
    exp.LastDay: last_day,
    exp.TimeToUnix: seconds_since_1970,
    exp.UnixToTime: milliseconds,
    exp.ToDays: days,
}
FUNCTIONS: dict[str, Rule] = {
    "datesub": whole_months,
    "date_sub": whole_months,
    "make_timestamp": timestamp_of_microseconds,
    "make_timestamp_ms": timestamp_of_milliseconds,
    "timezone": in_zone,
    "to_days": days,
    "to_milliseconds": thousandths,
    "to_minutes": minutes,
    "to_months": months,
    "to_seconds": seconds,
}
