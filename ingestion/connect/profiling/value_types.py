"""Kind of value of a column: the narrowest that at least 95 % of its values have.

In a column that is named as a time or an amount, half of the values are sufficient: the others are
reported as unreadable, where the column would otherwise be unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.entities import AMOUNT, ID, SCHEMAS, TIME
from ingestion.connect.profiling.forms.day_formats import day_formats
from ingestion.connect.profiling.forms.number_forms import (
    NO_IDS,
    NO_NUMBERS,
    IdForms,
    NumberForms,
    id_forms,
    number_forms,
)
from ingestion.connect.profiling.forms.time_forms import (
    ISO,
    NAMED_MONTH,
    NAMED_MONTHS,
    NO_TIMES,
    OFFSET,
    SERIALS,
    TimeForms,
    time_forms,
)
from ingestion.connect.profiling.names import ENDING, column_points
from ingestion.connect.profiling.profile import (
    BOOLEAN,
    DATE,
    DECIMAL,
    DECIMAL_COMMA,
    INTEGER,
    NUMBERS,
    TEXT,
    THOUSANDS,
    TIMES,
    TIMESTAMP,
)
from warehouse.quoting import literal

# Up to one unreadable value in 20 is rejected; with more, the column is of another kind.
MIN_FITTING_SHARE = 0.95
# The name of a column is evidence too.
_MIN_NAMED_SHARE = 0.5

YES = ("true", "t", "yes", "y", "ja", "si", "sí", "sim", "oui", "是", "shi")
NO = ("false", "f", "no", "n", "nein", "nao", "não", "non", "否", "fou")

_PATTERNS: Mapping[str, str] = {
    INTEGER: r"^-?(0|[1-9]\d{0,17})$",
    DECIMAL: r"^-?\d{1,15}(\.\d+)?$",
    DECIMAL_COMMA: r"^-?(\d{1,15}|\d{1,3}(\.\d{3})+)(,\d+)?$",
    THOUSANDS: r"^-?\d{1,3}(,\d{3})*(\.\d+)?$",
    "iso": ISO,
    "day": r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}",
    "zone": OFFSET,
    "named": NAMED_MONTH,
}

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
    times: TimeForms = NO_TIMES
    numbers: NumberForms = NO_NUMBERS
    ids: IdForms = NO_IDS


def value_type(values: ColumnValues, kind: str) -> ValueType:
    """Return the kind of the values of a column with the DuckDB type `kind`."""
    found = _by_values(values, kind)
    if values.count and found.fits not in TIMES and _is_named_as(values, TIME):
        found = _as_time(values, found)
    if found.fits in (*NUMBERS, TEXT) and not found.is_declared and values.count:
        found = _as_number(values, found)
    if found.fits in (INTEGER, DECIMAL, TEXT) and _is_named_as(values, ID):
        found = replace(found, ids=id_forms(values))
    return found


def _by_values(values: ColumnValues, kind: str) -> ValueType:
    """Return the kind by type and values alone."""
    declared = _declared(kind)
    if declared is not None:
        has_zone = "TIME ZONE" in kind
        return ValueType(declared, values.count, has_zone=has_zone, is_declared=True)
    if not values.count:
        return ValueType(TEXT, 0)
    shares = dict(zip(_PATTERNS, values.shares(list(_PATTERNS.values())), strict=True))
    fits, fitting, formats, is_unsure = _narrowest(values, shares)
    if fits != TIMESTAMP:
        return ValueType(fits, fitting)
    if not _count(values, "contains(v, ':')"):
        fits = DATE
    has_zone = shares["zone"] >= MIN_FITTING_SHARE
    return ValueType(fits, fitting, formats, is_unsure, has_zone, times=time_forms(values))


def _as_time(values: ColumnValues, found: ValueType) -> ValueType:
    """Return the kind of a column named as a time: numbers since 1970, or a mixture of forms."""
    if found.fits not in (INTEGER, DECIMAL, TEXT):
        return found
    forms = time_forms(values)
    if forms.known >= _MIN_NAMED_SHARE * values.count:
        formats = tuple(unit for unit, _ in forms.epochs)
        if forms.named:
            formats = (*formats, NAMED_MONTHS)
        is_unsure = False
        if forms.slashed:
            days, is_unsure, _ = day_formats(values)
            formats = (*days, *formats)
        return ValueType(
            TIMESTAMP, forms.known, formats, is_unsure, not forms.is_local, times=forms
        )
    if forms.serials >= MIN_FITTING_SHARE * values.count:
        return ValueType(TIMESTAMP, forms.serials, (SERIALS,), times=forms)
    return found


def _as_number(values: ColumnValues, found: ValueType) -> ValueType:
    """Return the kind of a column of numbers as text, with the forms of its values."""
    is_amount = _is_named_as(values, AMOUNT)
    if found.fits == TEXT and not is_amount:
        return found
    forms = number_forms(values)
    if not is_amount:
        return replace(found, numbers=forms)
    if found.fits == TEXT and forms.known < _MIN_NAMED_SHARE * values.count:
        return found
    fits = found.fits
    if forms.has_decimal_comma:
        fits = DECIMAL_COMMA
    elif found.fits == INTEGER and forms.whole < forms.known:
        fits = DECIMAL
    elif found.fits in (TEXT, DECIMAL_COMMA):
        fits = THOUSANDS if forms.comma_or_thousands else DECIMAL
    fitting = found.fitting if found.fits == fits else forms.known - forms.unlike
    return replace(found, fits=fits, fitting=fitting, numbers=forms)


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
        fitting = _count(values, f"regexp_matches(v, {literal(ISO)}) and v[:4] != '0000'")
        return TIMESTAMP, fitting, (), False
    if shares["named"] >= MIN_FITTING_SHARE:
        return TIMESTAMP, round(shares["named"] * count), (NAMED_MONTHS,), False
    if shares["day"] >= MIN_FITTING_SHARE:
        formats, is_unsure, fitting = day_formats(values)
        if formats and fitting >= MIN_FITTING_SHARE * count:
            return TIMESTAMP, fitting, formats, is_unsure
    return TEXT, count, (), False


def _is_named_as(values: ColumnValues, kind: str) -> bool:
    return any(
        column_points(entity, column, values.name, values.table.name)[0] >= ENDING
        for entity, schema in SCHEMAS.items()
        for column, (_, column_kind) in schema.columns.items()
        if column_kind == kind
    )
