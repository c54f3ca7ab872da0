"""Kind of value of a column: the narrowest that at least 95 % of its values have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.entities import SCHEMAS, TIME
from ingestion.connect.profiling.names import ENDING, column_points
from ingestion.connect.profiling.parsing import MILLISECONDS, SECONDS
from ingestion.connect.profiling.profile import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DECIMAL_COMMA,
    INTEGER,
    TEXT,
    THOUSANDS,
    TIMESTAMP,
)
from warehouse.quoting import literal

# Up to one unreadable value in 20 is rejected; with more, the column is of another kind.
MIN_FITTING_SHARE = 0.95

YES = ("true", "t", "yes", "y", "ja", "si", "sí", "sim", "oui", "是", "shi")
NO = ("false", "f", "no", "n", "nein", "nao", "não", "non", "否", "fou")

_PATTERNS: Mapping[str, str] = {
    INTEGER: r"^-?(0|[1-9]\d{0,17})$",
    DECIMAL: r"^-?\d{1,15}(\.\d+)?$",
    DECIMAL_COMMA: r"^-?(\d{1,15}|\d{1,3}(\.\d{3})+)(,\d+)?$",
    THOUSANDS: r"^-?\d{1,3}(,\d{3})*(\.\d+)?$",
    "iso": (r"^\d{4}-\d{2}-\d{2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?$"),
    "day": r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}",
    "zone": r"\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$",
}
# Times from 2001 to 2039 as numbers since 1970.
_EPOCHS = ((SECONDS, 1_000_000_000), (MILLISECONDS, 1_000_000_000_000))
_LATEST_EPOCH = 2.2

_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y")
_OTHER_DAYS = ("%Y/%m/%d", "%Y.%m.%d", "%d/%m/%y", "%Y-%m-%d")
_SAME_DAY = {"%m/%d/%Y": "%d/%m/%Y", "%m-%d-%Y": "%d-%m-%Y"}

_TYPES: Mapping[str, str] = {
    "BOOLEAN": BOOLEAN, "DATE": DATE, "FLOAT": DECIMAL, "DOUBLE": DECIMAL,
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
         "UINTEGER", "UBIGINT", "UHUGEINT"),
        INTEGER,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class ValueType:
    """Kind of a column's values; the attributes are those of `ColumnProfile`.

    `is_declared` is true where the kind follows from the DuckDB type.
    """

    fits: str
    fitting: int
    formats: tuple[str, ...] = ()
    is_day_first_unsure: bool = False
    has_zone: bool = False
    is_declared: bool = False


def value_type(values: ColumnValues, kind: str) -> ValueType:
    """Return the kind of the values of a column with the DuckDB type `kind`."""
    declared = _declared(kind)
    shares = dict(zip(_PATTERNS, values.shares(list(_PATTERNS.values())), strict=True))
    has_zone = "TIME ZONE" in kind or shares["zone"] >= MIN_FITTING_SHARE
    fits, fitting, is_unsure = declared or TEXT, values.count, False
    formats: tuple[str, ...] = ()
    if declared is None and values.count:
        fits, fitting, formats, is_unsure = _narrowest(values, shares)
    if fits == INTEGER and _is_named_as_time(values):
        unit = _epoch_unit(values)
        if unit:
            return ValueType(TIMESTAMP, fitting, (unit,), has_zone=True)
    if fits == TIMESTAMP and declared is None and not _count(values, "contains(v, ':')"):
        fits = DATE
    return ValueType(fits, fitting, formats, is_unsure, has_zone, declared is not None)


def _count(values: ColumnValues, where: str) -> int:
    return int(values.one("count(*)", where)[0])


def _declared(kind: str) -> str | None:
    if kind.startswith("TIMESTAMP"):
        return TIMESTAMP
    if kind.startswith("DECIMAL"):
        return DECIMAL
    return _TYPES.get(kind)


_Narrowest = tuple[str, int, tuple[str, ...], bool]


def _narrowest(values: ColumnValues, shares: Mapping[str, float]) -> _Narrowest:
    """Return the kind of a column of text, the values that fit, its formats and their ambiguity."""
    count = values.count
    booleans = ", ".join(map(literal, (*YES, *NO)))
    if _count(values, f"lower(v) in ({booleans})") == count:
        return BOOLEAN, count, (), False
    # 0042 is a code and not a number, which would lose its zeros.
    if shares[DECIMAL] >= MIN_FITTING_SHARE and _count(values, r"regexp_matches(v, '^0\d+$')"):
        return TEXT, count, (), False
    for kind in (INTEGER, DECIMAL, DECIMAL_COMMA, THOUSANDS):
        is_less_likely = kind == DECIMAL_COMMA and shares[kind] < shares[THOUSANDS]
        if shares[kind] >= MIN_FITTING_SHARE and not is_less_likely:
            return kind, round(shares[kind] * count), (), False
    if shares["iso"] >= MIN_FITTING_SHARE:
        (fitting,) = values.one("count(try_cast(v as timestamp))")
        return TIMESTAMP, int(fitting), (), False
    if shares["day"] >= MIN_FITTING_SHARE:
        formats, is_unsure, fitting = _formats(values)
        if formats and fitting >= MIN_FITTING_SHARE * count:
            return TIMESTAMP, fitting, formats, is_unsure
    return TEXT, count, (), False


def _formats(values: ColumnValues) -> tuple[tuple[str, ...], bool, int]:
    """Return the formats that read a column of times, their ambiguity and the values that fit."""
    candidates = [
        day + time for day in (*_DAY_FIRST, *_MONTH_FIRST, *_OTHER_DAYS) for time in _TIMES
    ]
    reads = ", ".join(f"count(try_strptime(v, {literal(each)}))" for each in candidates)
    counts = dict(zip(candidates, values.one(reads), strict=True))
    found = {each: int(count) for each, count in counts.items() if count}
    is_unsure = False
    for month_first, day_first in _SAME_DAY.items():
        for time in _TIMES:
            one, other = found.get(month_first + time, 0), found.get(day_first + time, 0)
            is_unsure |= bool(one) and one == other
            if one <= other:
                found.pop(month_first + time, None)
            elif other:
                found.pop(day_first + time)
    best: list[str] = []
    fitting = 0
    for each in sorted(found, key=lambda each: -found[each]):
        tried = ", ".join(map(literal, [*best, each]))
        (count,) = values.one(f"count(try_strptime(v, [{tried}]))")
        if int(count) > fitting:
            best, fitting = [*best, each], int(count)
        if fitting == values.count:
            break
    return tuple(best), is_unsure and bool(best), fitting


def _is_named_as_time(values: ColumnValues) -> bool:
    return any(
        column_points(entity, column, values.name, values.table.name)[0] >= ENDING
        for entity, schema in SCHEMAS.items()
        for column, (_, kind) in schema.columns.items()
        if kind == TIME
    )


def _epoch_unit(values: ColumnValues) -> str | None:
    """Return the unit of numbers that are times since 1970, or None."""
    for unit, least in _EPOCHS:
        count = _count(
            values, f"try_cast(v as bigint) between {least} and {int(_LATEST_EPOCH * least)}"
        )
        if count and count >= MIN_FITTING_SHARE * values.count:
            return unit
    return None
