"""SQL that reads texts as numbers and timestamps, by which a profile measures ranges.

Staging reads them with the macros `read_timestamp` and `read_amount`, which also refuse values that
are implausible.
"""

from __future__ import annotations

from ingestion.connect.profiling.forms.day_formats import read_day
from ingestion.connect.profiling.forms.time_forms import (
    MONTH_NAME,
    NAMED_MONTHS,
    OFFSET,
    SERIALS,
    UNITS,
    epoch_condition,
)
from ingestion.connect.profiling.profile import DECIMAL_COMMA, THOUSANDS, ColumnProfile
from warehouse.quoting import literal

# A day as 20240102, which day_formats would read as a year of two digits.
COMPACT_DAY = "%Y%m%d"


def timestamp_sql(column: str, formats: tuple[str, ...]) -> str:
    """Return SQL that reads a text, or a number, as a timestamp; null if it is none.

    A time with an offset is read in UTC.
    """
    number = f"try_cast({column} as double)"
    reads = [
        f"when {epoch_condition(number, unit)}"
        f" then make_timestamp(cast({number} * {1_000_000 // factor} as bigint))"
        for unit, factor in UNITS.items()
        if unit in formats
    ]
    if SERIALS in formats:
        days = f"to_days(cast(floor({number}) as integer))"
        reads.append(f"when {number} between 1 and 100000 then timestamp '1899-12-30' + {days}")
    if COMPACT_DAY in formats:
        day = f"regexp_full_match({column}, '\\d{{8}}')"
        reads.append(f"when {day} then try_strptime({column}, '{COMPACT_DAY}')")
    if NAMED_MONTHS in formats:
        # The day is the first number and the year the second, wherever the month stands.
        day, year = (f"regexp_extract_all({column}, '\\d+')[{place}]" for place in (1, 2))
        month = f"regexp_extract({column}, '(?i)({MONTH_NAME})', 1)"
        text = f"{day} || ' ' || {month} || ' ' || {year}"
        reads += [
            f"when {month} != '' and length({year}) = {digits} then try_strptime({text}, '{form}')"
            for digits, form in ((4, "%d %b %Y"), (2, "%d %b %y"))
        ]
    days_of = tuple(each for each in formats if each.startswith("%") and each != COMPACT_DAY)
    # DuckDB reads +02 and +02:00, and not a space or +0200.
    offset = rf"regexp_replace({column}, '\s*([+-]\d\d):?(\d\d)$', '\1:\2')"
    iso = (
        f"case when regexp_matches({column}, {literal(OFFSET)})"
        f" then timezone('UTC', try_cast({offset} as timestamp with time zone))"
        f" else try_cast({column} as timestamp) end"
    )
    otherwise = f"coalesce({read_day(column, days_of)}, {iso})" if days_of else iso
    return f"case {' '.join(reads)} else {otherwise} end" if reads else otherwise


def number_sql(column: ColumnProfile, text: str) -> str:
    """Return SQL that reads a column, written as `text`, as a double; null if it is none."""
    if not column.is_text:
        return f"cast({text} as double)"
    return f"try_cast({plain_digits(column.fits, text)} as double)"


def plain_digits(fits: str, text: str) -> str:
    """Return SQL that writes a number with a decimal point and without separators of thousands."""
    if fits == DECIMAL_COMMA:
        return f"replace(replace({text}, '.', ''), ',', '.')"
    return f"replace({text}, ',', '')" if fits == THOUSANDS else text


def id_sql(column: str) -> str:
    """Return SQL of an id as text, as the macro `read_id` reads it; null if it is damaged."""
    text = f"ltrim(trim(cast({column} as varchar)), '''')"
    return (
        f"case when regexp_full_match({text}, '[+-]?\\d{{1,15}}[.]0*')"
        f" then split_part({text}, '.', 1)"
        f" when regexp_full_match({text}, '[+-]?\\d+[.]0*|[+-]?\\d([.]\\d*)?[eE][+]?\\d+')"
        f" then null else nullif({text}, '') end"
    )
