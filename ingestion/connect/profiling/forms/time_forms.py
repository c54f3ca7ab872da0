"""Forms in which the times of a column are written, each with the number of values that have it."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.connect.profiling.column_values import ColumnValues
from warehouse.quoting import literal

# A space before the offset is the form of Shopify's exports: 2026-04-01 10:00:00 +0200.
ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?$"
OFFSET = r"\d{1,2}:\d{2}.*(Z|UTC|GMT|[+-]\d{2}(:?\d{2})?)(\s*\([A-Za-z ]+\))?$"
# Day, month and year in an order that the values have to show.
SLASHED = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})([^\d].*)?$"
# The English name of a month between, before or after the day: 3-Dec-25, Dec 3, 2025.
MONTH_NAME = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_MONTH = rf"{MONTH_NAME}[a-z]*\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
NAMED_MONTH = (
    rf"(?i)^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]?\s+)?(?:{_DAY}[-/\s]+{_MONTH}[-/,\s]+"
    rf"|{_MONTH}[-/\s]+{_DAY},?\s+)(?:\d{{4}}|\d{{2}})(?:\D.*)?$"
)
SHORT_YEAR = r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{2}([^\d].*)?$"

# Years 2001 to 2039 in seconds since 1970, and the same in finer units.
_FIRST_SECOND, _LAST_SECOND = 1_000_000_000, 2_200_000_000
# Day numbers of a spreadsheet from 1982 to 2064.
_FIRST_SERIAL, _LAST_SERIAL = 30_000, 60_000
SECONDS, MILLISECONDS, MICROSECONDS = (
    "seconds since 1970", "milliseconds since 1970", "microseconds since 1970",
)  # fmt: skip
SERIALS = "day numbers of a spreadsheet"
NAMED_MONTHS = "days with the name of their month"
UNITS = {SECONDS: 1, MILLISECONDS: 1_000, MICROSECONDS: 1_000_000}


@dataclass(frozen=True)
class TimeForms:
    """Number of values by form. A value has at most one form, except for its offset.

    Attributes:
        iso: ISO 8601, with or without an offset.
        slashed: day, month and year with a separator, the year last.
        named: day and year with the English name of a month.
        with_offset: values with an offset.
        without_offset: values with a time of day and no offset.
        short_years: slashed values whose year has two digits.
        day_first: slashed values that have a day above 12 in the first place.
        month_first: slashed values that have a day above 12 in the second place.
        epochs: values by unit since 1970; only units that occur.
        serials: day numbers of a spreadsheet.
        other: values of none of the forms, such as 0 or 0000-00-00.
    """

    iso: int = 0
    slashed: int = 0
    named: int = 0
    with_offset: int = 0
    without_offset: int = 0
    short_years: int = 0
    day_first: int = 0
    month_first: int = 0
    epochs: tuple[tuple[str, int], ...] = ()
    serials: int = 0
    other: int = 0

    @property
    def known(self) -> int:
        """Values of any form but `serials`."""
        return self.iso + self.slashed + self.named + sum(count for _, count in self.epochs)

    @property
    def is_local(self) -> bool:
        """True if some values have no offset and are no number since 1970."""
        return self.iso + self.slashed + self.named > self.with_offset


NO_TIMES = TimeForms()


def epoch_condition(number: str, unit: str) -> str:
    """Return SQL whether a number is a time of the years 2001 to 2039 in a unit since 1970."""
    factor = UNITS[unit]
    return f"{number} >= {_FIRST_SECOND * factor} and {number} < {_LAST_SECOND * factor}"


def time_forms(values: ColumnValues) -> TimeForms:
    """Count the forms of the values of a column."""
    iso = f"(regexp_matches(v, {literal(ISO)}) and not starts_with(v, '0000'))"
    slashed = f"regexp_matches(v, {literal(SLASHED)})"
    named = f"regexp_matches(v, {literal(NAMED_MONTH)})"
    first, second = (
        f"try_cast(regexp_extract(v, {literal(SLASHED)}, {place}) as integer)" for place in (1, 2)
    )
    offset = f"regexp_matches(v, {literal(OFFSET)})"
    number = "try_cast(v as double)"
    epochs = {unit: epoch_condition(number, unit) for unit in UNITS}
    conditions = {
        "iso": iso,
        "slashed": slashed,
        "named": named,
        "with_offset": f"({iso} or {slashed} or {named}) and {offset}",
        "without_offset": (
            f"({iso} or {slashed} or {named}) and contains(v, ':') and not {offset}"
        ),
        "short_years": f"regexp_matches(v, {literal(SHORT_YEAR)})",
        "day_first": f"{slashed} and {first} > 12 and {second} <= 12",
        "month_first": f"{slashed} and {second} > 12 and {first} <= 12",
        "serials": f"{number} >= {_FIRST_SERIAL} and {number} < {_LAST_SERIAL}",
        **epochs,
    }
    counts = values.one(
        ", ".join(f"count(*) filter ({condition})" for condition in conditions.values())
    )
    found = {name: int(count) for name, count in zip(conditions, counts, strict=True)}
    units = tuple((unit, found.pop(unit)) for unit in UNITS)
    known = found["iso"] + found["slashed"] + found["named"] + sum(count for _, count in units)
    return TimeForms(
        **found,
        epochs=tuple((unit, count) for unit, count in units if count),
        other=values.count - known - found["serials"],
    )
