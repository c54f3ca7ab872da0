"""Casts from and to text, where both engines read and write other forms.

Of DuckDB's forms these are not read: hexadecimal and binary numbers, years of other than four
digits, `infinity` and `epoch` as times, and the time 24:00.
"""

from __future__ import annotations

from sqlglot import exp

import spark.dialect.types as types
from spark.dialect.errors import UnsupportedConstructError
from spark.dialect.tree import call, cast, needed_type, template, try_cast

_DAY = r"([0-9]{4})([-/ ])([0-9]{1,2})\2([0-9]{1,2})"
_TIME = r"(?:(?: +|T)([0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]*)?)?)"
_OFFSET = r"Z|[+-][0-9]{2}(?::?[0-9]{2})?| UTC"
_ANYTHING = r"|^[\s\S]*$"
# What does not match becomes a text that is no time.
_DATE_FORM = rf"^\s*{_DAY}(?![0-9])[\s\S]*$" + _ANYTHING
_LOCAL_FORM = rf"^\s*{_DAY}{_TIME}(?:{_OFFSET})?\s*)?$" + _ANYTHING
_INSTANT_FORM = rf"^\s*{_DAY}{_TIME}({_OFFSET}| [A-Za-z_]+/[A-Za-z_]+)?\s*)?$" + _ANYTHING
_NUMBER_FORM = (
    r"^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"
    r"|^\s*[+-]?(?i:inf|infinity|nan)\s*$"
)
_UNDERSCORE = "(?<=[0-9])_(?=[0-9])"
# Wide enough for the digits of a BIGINT and for any fraction that decides its rounding.
_EXACT = "decimal(38,18)"


# Java writes an exponent from 1E7 and below 1E-3, DuckDB from 1e16 and below 1e-4.
_EXPONENT = "cast(split(cast(_d as string), 'E')[1] as int)"
_DOUBLE = f"""transform(array(x), _d -> case
    when isnan(_d) then 'nan'
    when abs(_d) = cast('infinity' as double) then if(_d > 0, 'inf', '-inf')
    when _d = 0 or abs(_d) >= 1e-3D and abs(_d) < 1e7D then cast(_d as string)
    when abs(_d) >= 1e-4D and abs(_d) < 1e16D then regexp_replace(
        if(abs(_d) < 1D, cast(cast(cast(_d as string) as decimal(38,24)) as string),
            cast(cast(cast(_d as string) as decimal(38,18)) as string)),
        '([.][0-9]+?)0+$', '$1')
    else concat(
        regexp_replace(split(cast(_d as string), 'E')[0], '[.]0$', ''), 'e',
        if({_EXPONENT} < 0, '-', '+'), format_string('%02d', abs({_EXPONENT})))
end)[0]"""


def from_text(value: exp.Expr, result: str, *, tried: bool) -> exp.Expr:
    """A text as a value of another type, or null if `tried` and it is none."""
    as_type = try_cast if tried else cast

    to = types.spark_type(result)
    if types.is_text(result):
        return value
    if types.is_integer(result):
        return as_type(call("round", as_type(_digits(value), _EXACT), 0), to)
    if types.is_decimal(result):
        return as_type(_digits(value), to)
    if types.is_float(result):
        return as_type(_matching(_digits(value), _NUMBER_FORM), to)
    if result == types.BOOLEAN:
        return as_type(_replaced(value, r"^\s|\s$", "?"), to)
    if result in _TIME_FORMS:
        return as_type(_replaced(value, *_TIME_FORMS[result]), to)
    raise UnsupportedConstructError(f"a cast of text to {result}", "It is not known")


_TIME_FORMS = {
    types.DATE: (_DATE_FORM, "$1-$3-$4"),
    types.TIMESTAMP: (_LOCAL_FORM, "$1-$3-$4 $5"),
    types.TIMESTAMPTZ: (_INSTANT_FORM, "$1-$3-$4 $5$6"),
}


def _digits(value: exp.Expr) -> exp.Expr:
    return _replaced(value, _UNDERSCORE, "")


def _replaced(value: exp.Expr, pattern: str, by: str) -> exp.Expr:
    return call("regexp_replace", value, pattern, by)


def _matching(value: exp.Expr, pattern: str) -> exp.Expr:
    return call("regexp_extract", value, pattern, 0)


def to_text(value: exp.Expr) -> exp.Expr:
    """A value as text.

    Raises:
        UnsupportedConstructError: both engines write its type in different forms.
    """
    kind = needed_type(value)
    if kind == types.TIMESTAMPTZ:
        return template("concat(cast(t as string), '+00')", t=value)
    if types.is_text(kind):
        return value
    if kind == types.DOUBLE:
        return template(_DOUBLE, x=value)
    same = (types.BOOLEAN, types.DATE, types.TIMESTAMP)
    if kind in same or types.is_integer(kind) or types.is_decimal(kind):
        return cast(value, "string")
    raise UnsupportedConstructError(f"a cast of {kind} to text", "Both engines write other texts")
