"""Personal data: which columns hold it, and which values a profile may show.

A profile keeps the values of vocabularies only. Of other texts it keeps the shape: `aaa9999` for
three letters and four digits.
"""

from __future__ import annotations

from ingestion.connect.profiling.column_values import ColumnValues
from ingestion.connect.profiling.entities import SCHEMAS, WORD
from ingestion.connect.profiling.forms.parsing import plain_digits
from ingestion.connect.profiling.names import ENDING, NAMED, column_points, is_catalogued
from ingestion.connect.profiling.profile import BOOLEAN, INTEGER, NUMBERS, TEXT, TIMES
from ml.texts.masking import masked

EMAILS, PHONES, FREE_TEXT = "e-mail addresses", "telephone numbers", "free text"

_MAX_WORDS = 40
_MAX_WORD_LENGTH = 40
_MIN_REPEATS = 2
_FREE_TEXT_LENGTH = 25
_MAX_SHOWN_INTEGER = 1_000_000

# Columns whose few values are shown even if none of them repeats.
_CODES = (
    ("orders", "status"), ("orders", "currency"), ("orders", "payment_kind"),
    ("orders", "line_type"), ("subscriptions", "status"), ("payments", "kind"),
    ("payments", "status"),
)  # fmt: skip

_EMAIL = r"^[^\s@]+@[^\s@]+\.[A-Za-z]{2,}$"
_PHONE = r"^(\+|00|0|\()[\d\s().\-/]{7,20}$"
# Words with a space between them, or a script that needs none.
_SENTENCE = r"\S\s+\S|[^\x00-\x{024F}]"


def personal_data(values: ColumnValues, fits: str) -> str | None:
    """Return the kind of personal data in a column, by its values and its name, or None."""
    emails, phones, sentences = values.shares([_EMAIL, _PHONE, _SENTENCE])
    if emails > 0:
        return EMAILS
    if phones >= 0.5 and fits not in TIMES:
        return PHONES
    if not is_vocabulary(values):
        for entity, field, kind in (
            ("customers", "email", EMAILS),
            ("customers", "phone", PHONES),
            ("customers", "full_name", "names"),
            ("personal", "other", "personal data"),
        ):
            if column_points(entity, field, values.name, values.table.name)[0] >= ENDING:
                return kind
    is_long = values.mean_length > _FREE_TEXT_LENGTH and values.distinct > _MAX_WORDS
    return FREE_TEXT if fits == TEXT and is_long and sentences >= 0.5 else None


def is_vocabulary(values: ColumnValues) -> bool:
    """Return whether the column is named like a canonical column of few words, such as a status."""
    return any(
        column_points(entity, column, values.name, values.table.name)[0] >= NAMED
        for entity, schema in SCHEMAS.items()
        for column, (_, kind) in schema.columns.items()
        if kind == WORD and column not in ("full_name", "product_name")
    )


def _is_code_list(values: ColumnValues) -> bool:
    """Return whether the column is named like a list of codes, which name no person."""
    return any(
        column_points(entity, field, values.name, values.table.name)[0] >= NAMED
        for entity, field in _CODES
    )


def shown_words(values: ColumnValues, fits: str) -> dict[str, int]:
    """Return count by value of a vocabulary; empty where a value may name a person."""
    if fits not in (TEXT, BOOLEAN) or not 0 < values.distinct <= _MAX_WORDS:
        return {}
    is_code_list = _is_code_list(values)
    if values.count < _MIN_REPEATS * values.distinct and not is_code_list:
        return {}
    counted = values.con.execute(
        f"select v, count(*) from {values.sql} group by v order by count(*) desc, v"
    ).fetchall()
    is_known = is_code_list or is_vocabulary(values)
    return {
        word: count
        for word, count in counted
        if len(word) <= _MAX_WORD_LENGTH
        and masked(word) == word
        # A capitalised word may be a person's name, unless it or the column's name is known.
        and (is_known or word in (word.lower(), word.upper()) or is_catalogued(word))
    }


def shown_range(values: ColumnValues, fits: str) -> tuple[float, float] | None:
    """Return least and greatest number; None for keys and for numbers as long as a phone's."""
    if not values.count or fits not in NUMBERS:
        return None
    number = f"try_cast({plain_digits(fits, 'v')} as double)"
    low, high = values.one(f"min({number}), max({number})")
    is_key = fits == INTEGER and values.count > 1 and values.distinct >= 0.9 * values.count
    if low is None or is_key or max(abs(float(low)), abs(float(high))) >= _MAX_SHOWN_INTEGER:
        return None
    return float(low), float(high)


def shapes(values: ColumnValues, fits: str) -> tuple[str, ...]:
    """Return the two most frequent shapes of texts in any script: a for letters, 9 for digits."""
    if fits != TEXT:
        return ()
    found = values.con.execute(
        rf"""
        select regexp_replace(
            regexp_replace(left(v, 24), '\p{{L}}', 'a', 'g'), '\p{{N}}', '9', 'g'
        ) as shape
        from {values.sql}
        group by shape
        order by count(*) desc, shape
        limit 2
        """
    ).fetchall()
    return tuple(shape for (shape,) in found)
