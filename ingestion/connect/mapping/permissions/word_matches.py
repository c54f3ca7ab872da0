"""Columns whose words are those of a catalogue: purposes, channels, answers, scopes."""

from __future__ import annotations

from collections.abc import Collection

from ingestion.connect.mapping.proposal import Evidence, FromWords
from ingestion.connect.mapping.value_questions import counted_words, known_words
from ingestion.connect.profiling.profile import ColumnProfile, TableProfile

_MIN_KNOWN_SHARE = 0.5


def word_column(
    table: TableProfile, fields: Collection[str], taken: Collection[str] = (), *, least: float = 0.0
) -> ColumnProfile | None:
    """Return the column with the greatest share of rows with words of some fields, or None.

    Args:
        table: the table.
        fields: fields of the catalogue of words.
        taken: columns to leave out.
        least: the least share of rows; half of them by default.
    """
    shares = [
        (share, column)
        for column in table.columns.values()
        if column.name not in taken and (share := _known_share(column, fields))
    ]
    share, best = max(shares, key=lambda each: each[0], default=(0.0, None))
    return best if share >= max(least, _MIN_KNOWN_SHARE) else None


def from_words(column: ColumnProfile, fields: Collection[str]) -> tuple[FromWords, Evidence]:
    """Return the value of each known word, and the evidence; other words stay as they are."""
    by_value: dict[str, list[str]] = {}
    for word, value in _known(column, fields).items():
        by_value.setdefault(value, []).append(word.lower())
    values = tuple((_sql(value), tuple(dict.fromkeys(words))) for value, words in by_value.items())
    is_flag = all(value in ("true", "false") for value in by_value)
    named = ", ".join(f"{word} = {value}" for word, value in _known(column, fields).items())
    return (
        FromWords(column.name, values, keeps_others=not is_flag),
        Evidence(3.0, f"its values are known: {named}"),
    )


def unknown_question(
    column: ColumnProfile, fields: Collection[str], consequence: str
) -> tuple[str, ...]:
    """Return the question on the words that the catalogue lacks, or nothing if it has all."""
    unknown = [word for word in column.words if word not in _known(column, fields)]
    if not unknown:
        return ()
    counted = counted_words(column, unknown)
    return (f"what do {counted} in {column.name} mean? {consequence}",)


def _known(column: ColumnProfile, fields: Collection[str]) -> dict[str, str]:
    return {word: value for field in fields for word, value in known_words(field, column).items()}


def _known_share(column: ColumnProfile, fields: Collection[str]) -> float:
    known, count = _known(column, fields), sum(column.words.values())
    return sum(column.words[word] for word in known) / count if count else 0.0


def _sql(value: str) -> str:
    """SQL of a canonical value; every channel is null."""
    if value in ("true", "false"):
        return value
    return "null" if value == "any" else f"'{value}'"
