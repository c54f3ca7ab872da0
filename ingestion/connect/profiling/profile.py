"""Profiles of columns and tables: types, counts, ranges and vocabularies, and no personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ingestion.connect.origins.catalog import CatalogTable
from ingestion.connect.profiling.forms.number_forms import NO_IDS, NO_NUMBERS, IdForms, NumberForms
from ingestion.connect.profiling.forms.time_forms import NO_TIMES, TimeForms

TEXT, INTEGER, DECIMAL, DECIMAL_COMMA, THOUSANDS, BOOLEAN, DATE, TIMESTAMP = (
    "text", "integer", "decimal", "decimal with comma", "decimal with 1,000s", "true or false",
    "date", "timestamp",
)  # fmt: skip
NUMBERS = (INTEGER, DECIMAL, DECIMAL_COMMA, THOUSANDS)
TIMES = (DATE, TIMESTAMP)


@dataclass(frozen=True)
class ColumnProfile:
    """One column.

    Attributes:
        name: the source's name.
        type: DuckDB type in the raw table.
        fits: the narrowest kind of value that at least 95 % of the values have.
        formats: strptime formats of times that are text; empty for ISO 8601 and typed times.
        is_day_first_unsure: whether day and month could be exchanged.
        has_zone: whether the times have an offset.
        rows: rows read.
        nulls: rows without a value, or with an empty text.
        distinct: distinct values.
        unreadable: values that are not of the kind `fits`.
        first: earliest time; None for other kinds.
        last: latest time; None for other kinds.
        low: least number; None where it may be personal data.
        high: greatest number; None where it may be personal data.
        mean_length: mean number of characters of a value.
        personal: kind of personal data, or None.
        words: count by value of a vocabulary, most frequent first; else empty.
        shapes: the two most frequent shapes of texts, such as aaa9999.
        times: forms of times that are text or numbers.
        numbers: forms of numbers that are text.
        ids: forms of ids that a spreadsheet has rewritten.
        is_guessed_time: whether only its values show that a number is a time.
    """

    name: str
    type: str
    fits: str
    formats: tuple[str, ...]
    is_day_first_unsure: bool
    has_zone: bool
    rows: int
    nulls: int
    distinct: int
    unreadable: int
    first: datetime | None
    last: datetime | None
    low: float | None
    high: float | None
    mean_length: float
    personal: str | None
    words: Mapping[str, int]
    shapes: tuple[str, ...]
    times: TimeForms = NO_TIMES
    numbers: NumberForms = NO_NUMBERS
    ids: IdForms = NO_IDS
    is_guessed_time: bool = False

    @property
    def is_time(self) -> bool:
        """True if the values are dates or timestamps."""
        return self.fits in TIMES

    @property
    def is_number(self) -> bool:
        """True if the values can be summed."""
        return self.fits in NUMBERS

    @property
    def is_text(self) -> bool:
        """True if the raw column is text, which staging parses."""
        return self.type == "VARCHAR"

    @property
    def is_complete(self) -> bool:
        """True if every row has a value."""
        return self.nulls == 0 and self.rows > 0

    @property
    def null_share(self) -> float:
        """Share of rows without a value."""
        return self.nulls / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class TableProfile:
    """One table.

    Attributes:
        table: the table in the catalog.
        rows: rows read.
        columns: profile by column, in the source's order.
    """

    table: CatalogTable
    rows: int
    columns: Mapping[str, ColumnProfile]

    @property
    def name(self) -> str:
        """Name of the raw table."""
        return self.table.name
