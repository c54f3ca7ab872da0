"""What the rows of a table look like, by set-based SQL over all that was read.

Nobody's data leaves through a profile: values are kept of columns whose words repeat and name
nobody; of every other column there is only the shape, `aaa9999` for three letters and four digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import duckdb

from ingestion.connect.origins.offered import OfferedTable
from ingestion.connect.profiling.entities import SHAPES, TIME, WORD
from ingestion.connect.profiling.names import ENDING, EXACT, column_points
from ml.texts.masking import masked
from warehouse.quoting import identifier, literal

TEXT, INTEGER, DECIMAL, DECIMAL_COMMA, THOUSANDS, BOOLEAN, DATE, TIMESTAMP = (
    "text", "integer", "decimal", "decimal with comma", "decimal with 1,000s", "true or false",
    "date", "timestamp",
)  # fmt: skip

# A value in 20 that does not fit is dirt to be rejected; more of them are another kind of value.
LEAST_FITTING_SHARE = 0.95
_MOST_WORDS = 40
_LONGEST_WORD = 40
_LEAST_REPEATS = 2
_FREE_TEXT_LENGTH = 25
_LARGEST_SHOWN_INTEGER = 1_000_000

_ADDRESS = r"^[^\s@]+@[^\s@]+\.[A-Za-z]{2,}$"
_PHONE = r"^(\+|00|0|\()[\d\s().\-/]{7,20}$"
_INTEGER = r"^-?(0|[1-9]\d{0,17})$"
_DECIMAL = r"^-?\d{1,15}(\.\d+)?$"
_COMMA = r"^-?(\d{1,15}|\d{1,3}(\.\d{3})+)(,\d+)?$"
_THOUSANDS = r"^-?\d{1,3}(,\d{3})*(\.\d+)?$"
_DAY = r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?$"
_ZONE = r"\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$"
# Words with a space between them, or writing that needs none.
_SENTENCE = r"\S\s+\S|[^\x00-\x{024F}]"
YES = ("true", "t", "yes", "y", "ja", "si", "sí", "sim", "oui", "是", "shi")
NO = ("false", "f", "no", "n", "nein", "nao", "não", "non", "否", "fou")
# Moments between 2001 and 2039 as numbers since 1970, where a column is called like a time.
SECONDS, MILLISECONDS = "seconds since 1970", "milliseconds since 1970"
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
class ColumnProfile:
    """One column.

    Attributes:
        name: as the source calls it.
        type: DuckDB's type as it lands.
        fits: the narrowest kind of value that (nearly) all of it is.
        formats: strptime formats of a time that is text; empty where it is ISO 8601 or typed.
        is_day_first_unsure: whether day and month could be either way round.
        has_zone: whether its times tell their offset.
        rows: rows looked at.
        nulls: of them without a value, or with an empty text.
        distinct: different values.
        unreadable: values that are not of the kind `fits`.
        first: earliest time, None for other kinds.
        last: latest time.
        low: least number that may be shown.
        high: greatest number that may be shown.
        mean_length: characters of a value.
        personal: what makes it personal data, None where nothing does.
        words: count by value, most frequent first, of a column of a few words; else empty.
        shapes: the two most frequent shapes of its values.
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

    @property
    def is_time(self) -> bool:
        """Whether it says when something happened."""
        return self.fits in (DATE, TIMESTAMP)

    @property
    def is_number(self) -> bool:
        """Whether it can be summed."""
        return self.fits in (INTEGER, DECIMAL, DECIMAL_COMMA, THOUSANDS)

    @property
    def is_text(self) -> bool:
        """Whether it lands as text, and so has to be parsed."""
        return self.type == "VARCHAR"

    @property
    def is_complete(self) -> bool:
        """Whether every row has a value."""
        return self.nulls == 0 and self.rows > 0

    @property
    def null_share(self) -> float:
        """Share of rows without a value."""
        return self.nulls / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class TableProfile:
    """One table: `rows` looked at, and its columns in the source's order."""

    table: OfferedTable
    rows: int
    columns: Mapping[str, ColumnProfile]

    @property
    def name(self) -> str:
        """What the raw table will be called."""
        return self.table.name


def profile_table(con: duckdb.DuckDBPyConnection, table: OfferedTable) -> TableProfile:
    """Look at every row that was read of a table.

    Args:
        con: the database that holds it.
        table: the table.
    """
    (rows,) = _one(con, f"select count(*) from {table.relation}")
    columns = {name: _column(con, table, name, kind, rows) for name, kind in table.columns.items()}
    return TableProfile(table, rows, columns)


def _one(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = con.execute(query).fetchone()
    assert row is not None
    return tuple(row)


def _column(
    con: duckdb.DuckDBPyConnection, table: OfferedTable, name: str, kind: str, rows: int
) -> ColumnProfile:
    quoted = identifier(name)
    text = f"nullif(trim(cast({quoted} as varchar)), '')"
    values = (
        f"(select {text} as v, {quoted} as typed from {table.relation} where {text} is not null)"
    )
    patterns = (
        _ADDRESS,
        _PHONE,
        _INTEGER,
        _DECIMAL,
        _COMMA,
        _THOUSANDS,
        _DAY,
        _ISO,
        _ZONE,
        _SENTENCE,
    )
    matches = ", ".join(f"count(*) filter (regexp_matches(v, {literal(p)}))" for p in patterns)
    booleans = ", ".join(map(literal, (*YES, *NO)))
    counts = _one(
        con,
        f"""
        select
            count(*), count(distinct v), coalesce(avg(length(v)), 0), {matches},
            count(*) filter (lower(v) in ({booleans}))
        from {values}
        """,
    )
    there, distinct, mean_length = int(counts[0]), int(counts[1]), float(counts[2])
    shares = [int(count) / there if there else 0.0 for count in counts[3:]]
    address, phone, zone, sentence = shares[0], shares[1], shares[8], shares[9]
    declared = _declared(kind)
    formats: tuple[str, ...] = ()
    fits, is_unsure, fitting = declared or TEXT, False, there
    if declared is None and there:
        fits, formats, is_unsure, fitting = _narrowest(con, values, there, _Shares(*shares))
    epoch = _epoch(con, values, there) if fits == INTEGER and _is_time_named(name, table) else None
    if epoch:
        fits, formats = TIMESTAMP, (epoch,)
    personal = _personal(name, table.name, fits, address, phone)
    is_long = mean_length > _FREE_TEXT_LENGTH and distinct > _MOST_WORDS
    if personal is None and fits == TEXT and is_long and sentence >= 0.5:
        personal = "free text"
    first, last = _times(con, values, fits, formats, None if epoch else declared)
    if fits == TIMESTAMP and declared is None and not epoch and not _has_hours(con, values):
        fits = DATE
    low, high = _numbers(con, values, fits, personal, distinct, there)
    return ColumnProfile(
        name=name,
        type=kind,
        fits=fits,
        formats=formats,
        is_day_first_unsure=is_unsure,
        has_zone=bool(epoch) or "TIME ZONE" in kind or zone >= LEAST_FITTING_SHARE,
        rows=rows,
        nulls=rows - there,
        distinct=distinct,
        unreadable=there - fitting,
        first=first,
        last=last,
        low=low,
        high=high,
        mean_length=mean_length,
        personal=personal,
        words=_words(con, name, table.name, values, fits, personal, distinct, there),
        shapes=_shapes(con, values, fits),
    )


class _Shares(NamedTuple):
    """How much of a column has each pattern, in the order in which they are counted."""

    address: float
    phone: float
    integer: float
    decimal: float
    comma: float
    thousands: float
    day: float
    iso: float
    zone: float
    sentence: float
    boolean: float


def _narrowest(
    con: duckdb.DuckDBPyConnection, values: str, there: int, shares: _Shares
) -> tuple[str, tuple[str, ...], bool, int]:
    """What a column of text is, its formats, whether they are unsure, and how many values fit."""
    least = LEAST_FITTING_SHARE
    if shares.boolean == 1:
        return BOOLEAN, (), False, there
    if shares.decimal >= least and _is_padded(con, values):
        # 0042 is a number's form and a code's; a code loses its zeros as a number.
        return TEXT, (), False, there
    for kind, share in (
        (INTEGER, shares.integer),
        (DECIMAL, shares.decimal),
        (DECIMAL_COMMA, shares.comma if shares.comma >= shares.thousands else 0.0),
        (THOUSANDS, shares.thousands),
    ):
        if share >= least:
            return kind, (), False, round(share * there)
    if shares.iso >= least:
        (fitting,) = _one(con, f"select count(try_cast(v as timestamp)) from {values}")
        return TIMESTAMP, (), False, fitting
    if shares.day >= least:
        formats, is_unsure, fitting = _formats(con, values, there)
        if fitting >= least * there and formats:
            return TIMESTAMP, formats, is_unsure, fitting
    return TEXT, (), False, there


def _is_padded(con: duckdb.DuckDBPyConnection, values: str) -> bool:
    (count,) = _one(con, f"select count(*) from {values} where regexp_matches(v, '^0\\d+$')")
    return bool(count)


def _declared(kind: str) -> str | None:
    if kind.startswith("TIMESTAMP"):
        return TIMESTAMP
    if kind.startswith("DECIMAL"):
        return DECIMAL
    return _TYPES.get(kind)


def _formats(
    con: duckdb.DuckDBPyConnection, values: str, there: int
) -> tuple[tuple[str, ...], bool, int]:
    """The formats that read a column of times, whether day and month are unsure, how many fit."""
    candidates = [
        day + time for day in (*_DAY_FIRST, *_MONTH_FIRST, *_OTHER_DAYS) for time in _TIMES
    ]
    reads = ", ".join(f"count(try_strptime(v, {literal(each)}))" for each in candidates)
    counts = dict(zip(candidates, _one(con, f"select {reads} from {values}"), strict=True))
    found = {each: int(count) for each, count in counts.items() if count}
    # A short year is a long one's beginning; where both read, the long one is meant.
    is_unsure = False
    for month_first, day_first in _SAME_DAY.items():
        for time in _TIMES:
            one, other = found.get(month_first + time, 0), found.get(day_first + time, 0)
            if one and one == other:
                is_unsure = True
            if one <= other:
                found.pop(month_first + time, None)
            elif other:
                found.pop(day_first + time)
    ordered = sorted(found, key=lambda each: -found[each])
    best: list[str] = []
    fitting = 0
    for each in ordered:
        tried = ", ".join(map(literal, [*best, each]))
        (count,) = _one(con, f"select count(try_strptime(v, [{tried}])) from {values}")
        if int(count) > fitting:
            best, fitting = [*best, each], int(count)
        if fitting == there:
            break
    return (tuple(best), is_unsure, fitting) if fitting else ((), False, there)


def moment(column: str, formats: tuple[str, ...]) -> str:
    """SQL that reads a text, or a number since 1970, as a timestamp, null where it is none."""
    if formats == (SECONDS,):
        return f"epoch_ms(try_cast({column} as bigint) * 1000)"
    if formats == (MILLISECONDS,):
        return f"epoch_ms(try_cast({column} as bigint))"
    if not formats:
        return f"try_cast({column} as timestamp)"
    return f"try_strptime({column}, [{', '.join(map(literal, formats))}])"


def _times(
    con: duckdb.DuckDBPyConnection,
    values: str,
    fits: str,
    formats: tuple[str, ...],
    declared: str | None,
) -> tuple[datetime | None, datetime | None]:
    if fits not in (DATE, TIMESTAMP):
        return None, None
    read = moment("v", formats) if declared is None else "try_cast(typed as timestamp)"
    first, last = _one(con, f"select min({read}), max({read}) from {values}")
    return first, last


def _has_hours(con: duckdb.DuckDBPyConnection, values: str) -> bool:
    (count,) = _one(con, f"select count(*) from {values} where contains(v, ':')")
    return bool(count)


def _numbers(
    con: duckdb.DuckDBPyConnection,
    values: str,
    fits: str,
    personal: str | None,
    distinct: int,
    there: int,
) -> tuple[float | None, float | None]:
    """Least and greatest number, unless they could be somebody's, such as a telephone number."""
    if personal or not there or fits not in (INTEGER, DECIMAL, DECIMAL_COMMA, THOUSANDS):
        return None, None
    number = "try_cast(v as double)"
    if fits == DECIMAL_COMMA:
        number = "try_cast(replace(replace(v, '.', ''), ',', '.') as double)"
    elif fits == THOUSANDS:
        number = "try_cast(replace(v, ',', '') as double)"
    low, high = _one(con, f"select min({number}), max({number}) from {values}")
    if low is None or high is None:
        return None, None
    is_key = fits == INTEGER and there > 1 and distinct >= 0.9 * there
    if is_key or max(abs(float(low)), abs(float(high))) >= _LARGEST_SHOWN_INTEGER:
        return None, None
    return float(low), float(high)


def _personal(name: str, table: str, fits: str, address: float, phone: float) -> str | None:
    """What makes a column personal data."""
    if address > 0:
        return "e-mail addresses"
    if phone >= 0.5 and fits not in (DATE, TIMESTAMP):
        return "telephone numbers"
    if _is_vocabulary(name, table):
        return None
    for field, what in (
        ("email", "e-mail addresses"),
        ("phone", "telephone numbers"),
        ("full_name", "names"),
    ):
        if column_points("customers", field, name, table)[0] >= ENDING:
            return what
    if column_points("personal", "other", name, table)[0] >= ENDING:
        return "personal data"
    return None


def _is_time_named(name: str, table: OfferedTable) -> bool:
    return any(
        column_points(entity, field, name, table.name)[0] >= ENDING
        for entity, shape in SHAPES.items()
        for field, (_, kind) in shape.fields.items()
        if kind == TIME
    )


def _epoch(con: duckdb.DuckDBPyConnection, values: str, there: int) -> str | None:
    """Whether numbers are seconds or milliseconds since 1970; None if neither."""
    for unit, least in _EPOCHS:
        (count,) = _one(
            con,
            f"select count(*) from {values}"
            f" where try_cast(v as bigint) between {least} and {int(_LATEST_EPOCH * least)}",
        )
        if there and count >= LEAST_FITTING_SHARE * there:
            return unit
    return None


def _is_vocabulary(name: str, table: str) -> bool:
    return any(
        column_points(entity, field, name, table)[0] >= EXACT - 0.25
        for entity, shape in SHAPES.items()
        for field, (_, kind) in shape.fields.items()
        if kind == WORD and field not in ("full_name", "product_name")
    )


def _words(
    con: duckdb.DuckDBPyConnection,
    name: str,
    table: str,
    values: str,
    fits: str,
    personal: str | None,
    distinct: int,
    there: int,
) -> dict[str, int]:
    """Count by value where the column is a vocabulary and none of its words can be a person."""
    if personal or fits not in (TEXT, BOOLEAN) or not 0 < distinct <= _MOST_WORDS:
        return {}
    if there < _LEAST_REPEATS * distinct:
        return {}
    counted = con.execute(
        f"select v, count(*) from {values} group by v order by count(*) desc, v"
    ).fetchall()
    is_vocabulary = _is_vocabulary(name, table)
    return {
        word: count
        for word, count in counted
        if len(word) <= _LONGEST_WORD
        and masked(word) == word
        # A capital at the front of a word that no vocabulary has may be somebody's name.
        and (is_vocabulary or word == word.lower() or word == word.upper())
    }


def _shapes(con: duckdb.DuckDBPyConnection, values: str, fits: str) -> tuple[str, ...]:
    if fits != TEXT:
        return ()
    # Letters and digits of every script.
    found = con.execute(
        rf"""
        select regexp_replace(
            regexp_replace(left(v, 24), '\p{{L}}', 'a', 'g'), '\p{{N}}', '9', 'g'
        ) as shape
        from {values}
        group by shape
        order by count(*) desc, shape
        limit 2
        """
    ).fetchall()
    return tuple(shape for (shape,) in found)
