"""Questions that the values of a column leave open, with the number of values that raise them."""

from __future__ import annotations

from collections.abc import Iterator

from deployment.source_config import Entity
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.entities import AMOUNT, ID, SCHEMAS
from ingestion.connect.profiling.forms.time_forms import SERIALS
from ingestion.connect.profiling.names import meanings
from ingestion.connect.profiling.profile import DECIMAL, DECIMAL_COMMA, ColumnProfile

EVENT_TYPES = (
    "session", "product_view", "add_to_cart", "checkout", "app_feature", "email_open",
    "unsubscribe",
)  # fmt: skip
_MAX_STARS = 5.0
_MAX_WORDS = 8
# What becomes of a word that is not in the list of its column.
_UNLISTED = {"orders": "Their rows are rejected", "subscriptions": "Their status is unknown"}


def known_words(field: str, column: ColumnProfile) -> dict[str, str]:
    """Return the canonical value by word of a column, for the words that the catalogue knows."""
    known = meanings(field)
    return {word: known[normalised(word)] for word in column.words if normalised(word) in known}


def counted_words(column: ColumnProfile, words: list[str] | None = None) -> str:
    """Return words of a column with the number of rows of each."""
    chosen = [word for word in column.words if words is None or word in words]
    listed = ", ".join(f"{word} {column.words[word]:,}" for word in chosen[:_MAX_WORDS])
    return listed + (", …" if len(chosen) > _MAX_WORDS else "")


def value_questions(entity: Entity, name: str, column: ColumnProfile) -> list[str]:
    """Return the open questions on the values of a column that is the canonical column `name`."""
    kind = SCHEMAS[entity].columns[name][1]
    questions: list[str] = []
    if column.is_time:
        questions += _time_questions(column)
    if kind == AMOUNT and column.is_text:
        questions += _amount_questions(column)
    if kind == ID:
        questions += _id_questions(column)
    if name in ("rating", "csat_score") and column.high is not None and column.high > _MAX_STARS:
        questions.append(
            f"{column.name} ranges from {column.low:g} to {column.high:g}: convert it to 1 to 5"
        )
    if name == "country" and any(len(word) != 2 for word in column.words):
        questions.append(f"convert {column.name} to ISO 3166 codes of two letters")
    if name == "currency":
        questions += _currency_questions(column)
    if (entity, name) in (("orders", "status"), ("subscriptions", "status")):
        questions += _status_questions(entity, column)
    if (entity, name) == ("events", "event_type") and not set(column.words) & set(EVENT_TYPES):
        questions.append(
            f"which of {', '.join(EVENT_TYPES)} is each value of {column.name}? The values are not"
            " converted"
        )
    return questions


def _time_questions(column: ColumnProfile) -> Iterator[str]:
    times, name = column.times, column.name
    count = column.rows - column.nulls
    forms = [(unit, number) for unit, number in times.epochs]
    forms += [("ISO 8601", times.iso), ("day, month and year", times.slashed)]
    forms += [("day and name of the month", times.named)]
    found = [f"{number:,} {form}" for form, number in forms if number]
    if len(found) > 1 or (times.epochs and times.other):
        others = f" and {times.other:,} of no known form, which are unreadable"
        yield (
            f"{name} mixes {', '.join(found)}{others if times.other else ''}: which is right? Each"
            " value is read by its size and form"
        )
    elif times.other > 0.05 * count:
        yield f"{times.other:,} of {count:,} values of {name} are no times: they are unreadable"
    if SERIALS in column.formats:
        yield (
            f"are the numbers in {name} dates that a spreadsheet has written as days since 1899?"
            " Better export them as text"
        )
    if times.with_offset and times.without_offset:
        yield (
            f"{times.without_offset:,} of {count:,} times in {name} have no offset, and"
            f" {times.with_offset:,} have one: in which time zone are the first? They are read in"
            " zone"
        )
    if times.short_years:
        yield (
            f"{times.short_years:,} of {count:,} years in {name} have two digits: 26 is read as"
            " 2026 and 99 as 1999. Is that right?"
        )
    if times.day_first and times.month_first:
        yield (
            f"{times.day_first:,} values of {name} have the day first and {times.month_first:,} the"
            " month: which is right? The others are unreadable"
        )
    elif column.is_day_first_unsure:
        yield f"is {name} day first or month first? No day is above 12, and day first is used"


def _amount_questions(column: ColumnProfile) -> Iterator[str]:
    forms, name = column.numbers, column.name
    mark = "comma" if column.fits == DECIMAL_COMMA else "point"
    if forms.comma and forms.point:
        either = forms.comma_or_thousands + forms.point_or_thousands
        yield (
            f"{forms.comma:,} values of {name} have a decimal comma and {forms.point:,} a decimal"
            f" point{f'; {either:,} like 9.999 could have either' if either else ''}: the decimal"
            f" {mark} is used, and values that it cannot mean are unreadable"
        )
    elif forms.is_either:
        yield (
            f"does 9.999 in {name} mean nearly 10, or 9999? No value of the column shows it, and"
            f" the decimal {mark} is used"
        )


def _id_questions(column: ColumnProfile) -> Iterator[str]:
    ids, name = column.ids, column.name
    count = column.rows - column.nulls
    if not column.is_text:
        if column.fits == DECIMAL:
            yield f"{name} has decimals: are they cut off correctly for an id?"
    elif ids.is_damaged:
        lost = f", and {ids.scientific:,} like 9.007E+17, whose last digits are lost"
        yield (
            f"{ids.floats:,} of {count:,} ids in {name} are like 12345.0"
            f"{lost if ids.scientific else ''}: a spreadsheet has rewritten them. Can the column be"
            " exported as text?"
        )


def _currency_questions(column: ColumnProfile) -> Iterator[str]:
    codes: dict[str, int] = {}
    for word, count in column.words.items():
        codes[word.upper()] = codes.get(word.upper(), 0) + count
    total = sum(codes.values())
    lower = sum(count for word, count in column.words.items() if word != word.upper())
    if len(codes) > 1:
        small = f"; {lower:,} of {total:,} codes in lower case" if lower else ""
        shares = ", ".join(
            f"{code} {count / total:.1%}"
            for code, count in sorted(codes.items(), key=lambda each: -each[1])[:_MAX_WORDS]
        )
        yield (
            f"{column.name} has {len(codes)} currencies ({shares}{small}): give their exchange"
            " rates, or the amounts in other currencies than the company's are unknown"
        )


def _status_questions(entity: Entity, column: ColumnProfile) -> Iterator[str]:
    field = f"{entity}.status"
    known = known_words(field, column)
    unknown = [word for word in column.words if word not in known]
    values = list(dict.fromkeys(meanings(field).values()))
    if unknown:
        yield (
            f"what do {', '.join(unknown)} in {column.name} mean? {_UNLISTED[entity]} until"
            f" each value is listed as {', '.join(values[:-1])} or {values[-1]}"
        )
    if not column.words and column.distinct:
        yield f"list the values of {column.name} with the status of each"
