"""Formats of a column of dates with day, month and year, and whether day and month are sure."""

from __future__ import annotations

from ingestion.connect.profiling.column_values import ColumnValues
from warehouse.quoting import literal

_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
_CLOCKS = (" %I:%M %p", " %I:%M:%S %p")
_SEPARATORS = ("/", "-", ".")
_DAY_FIRST = [f"%d{s}%m{s}{year}" for year in ("%Y", "%y") for s in _SEPARATORS]
_MONTH_FIRST = [f"%m{s}%d{s}{year}" for year in ("%Y", "%y") for s in ("/", "-")]
_OTHER_DAYS = ("%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d")
_SAME_DAY = {each: f"%d{each[2]}%m{each[2]}{each[-2:]}" for each in _MONTH_FIRST}
# DuckDB reads 26 by %Y as the year 26.
_LONG_YEAR = r"(^|\D)\d{4}(\D|$)"


def is_month_first(day_format: str) -> bool:
    """Return whether a format has the month before the day."""
    return day_format.startswith("%m")


def is_slashed(day_format: str) -> bool:
    """Return whether a format has the year last, so that the order of day and month matters."""
    return day_format.startswith(("%d", "%m"))


def read_day(column: str, formats: tuple[str, ...]) -> str:
    """Return SQL that reads a text by the first format that fits; null where none does."""
    by_year = {
        is_short: ", ".join(literal(each) for each in formats if ("%y" in each) == is_short)
        for is_short in (False, True)
    }
    reads = {
        is_short: f"try_strptime({column}, [{listed}])" if listed else "null"
        for is_short, listed in by_year.items()
    }
    return (
        f"case when regexp_matches({column}, {literal(_LONG_YEAR)})"
        f" then {reads[False]} else {reads[True]} end"
    )


def day_formats(values: ColumnValues) -> tuple[tuple[str, ...], bool, int]:
    """Return the formats that read a column of dates, their ambiguity and the values that fit."""
    (clocks,) = values.one("count(*) filter (regexp_matches(v, '(?i)[ap]\\.?m\\.?$'))")
    times = (*_TIMES, *(_CLOCKS if clocks else ()))
    candidates = [
        day + time for day in (*_DAY_FIRST, *_MONTH_FIRST, *_OTHER_DAYS) for time in times
    ]
    reads = ", ".join(f"count({read_day('v', (each,))})" for each in candidates)
    counts = dict(zip(candidates, values.one(reads), strict=True))
    found = {each: int(count) for each, count in counts.items() if count}
    is_unsure = _drop_less_likely_order(found, times)
    best: list[str] = []
    fitting = 0
    for each in sorted(found, key=lambda each: -found[each]):
        (count,) = values.one(f"count({read_day('v', (*best, each))})")
        if int(count) > fitting:
            best, fitting = [*best, each], int(count)
        if fitting == values.count:
            break
    return tuple(best), is_unsure and bool(best), fitting


def _drop_less_likely_order(found: dict[str, int], times: tuple[str, ...]) -> bool:
    """Keep day first or month first, whichever reads more; return whether both read the same.

    One order holds for the whole column: a column is written by one program.
    """
    pairs = [(month + time, _SAME_DAY[month] + time) for month in _MONTH_FIRST for time in times]
    by_month = sum(found.get(month, 0) for month, _ in pairs)
    by_day = sum(found.get(day, 0) for _, day in pairs)
    for month, day in pairs:
        found.pop(day if by_month > by_day else month, None)
    return bool(by_month) and by_month == by_day
