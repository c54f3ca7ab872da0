"""Columns of few words that say which rows are sales: gift cards, and states that are not read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from ingestion.connect.mapping.proposal import (
    ColumnProposal,
    EntityProposal,
    Evidence,
    FromColumn,
    FromWords,
)
from ingestion.connect.mapping.value_questions import counted_words
from ingestion.connect.origins.table_names import normalised
from ingestion.connect.profiling.names import NAMED, column_points, meanings
from ingestion.connect.profiling.profile import BOOLEAN, INTEGER, ColumnProfile, TableProfile

_STATES = {"status", "state", "statut", "estado", "zustand"}
_MARKS = {"test", "is_test", "test_order", "livemode", "deleted", "is_deleted", "voided", "is_void"}
_GIFT_CARD = "gift_card"


def with_gift_cards(table: TableProfile) -> Iterator[ColumnProposal]:
    """Yield the columns that distinguish gift cards from money and goods, if a value is one."""
    for name, field in (("payment_kind", "payment_kind"), ("is_gift_card_sale", "line_type")):
        yield from islice(_gift_card_columns(table, name, field), 1)


def with_gift_card_lines(table: TableProfile) -> Iterator[ColumnProposal]:
    """Yield the column that distinguishes lines of gift cards from goods, if a value is one."""
    yield from islice(_gift_card_columns(table, "is_gift_card", "line_type"), 1)


def _gift_card_columns(table: TableProfile, name: str, field: str) -> Iterator[ColumnProposal]:
    kinds = meanings("payment words")
    for column in table.columns.values():
        if column_points("orders", field, column.name, table.name)[0] < NAMED:
            continue
        by_value: dict[str, list[str]] = {}
        for word in column.words:
            by_value.setdefault(kinds.get(normalised(word), ""), []).append(word)
        if _GIFT_CARD in by_value:
            yield _gift_card_column(name, column, by_value)


def _gift_card_column(
    name: str, column: ColumnProfile, by_value: Mapping[str, list[str]]
) -> ColumnProposal:
    cards = by_value[_GIFT_CARD]
    counted = f"{column.name} has gift cards ({counted_words(column, cards)})"
    if name in ("is_gift_card_sale", "is_gift_card"):
        value = FromWords(column.name, (("true", _lower(cards)),))
        sold = "orders" if name == "is_gift_card_sale" else "lines"
        question = (
            f"{counted}: are these {sold} sales of gift cards? Such a sale is no revenue until the"
            " card is spent"
        )
    else:
        known = [(each, words) for each, words in by_value.items() if each]
        value = FromWords(column.name, tuple((f"'{each}'", _lower(words)) for each, words in known))
        question = (
            f"{counted}: are these orders paid by gift card? The sale of a card and what is bought"
            " with it count once"
        )
    return ColumnProposal(name, value, (Evidence(2.0, counted),), (question,))


def _lower(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.lower() for word in words))


def unread_states(
    table: TableProfile, proposal: EntityProposal, others: Collection[str] = ()
) -> Iterator[str]:
    """Yield a question for each column that says that a row may not count, and is not read.

    Args:
        table: the table.
        proposal: the entity of the table.
        others: columns that belong to another entity.
    """
    read = {
        each.value.column
        for each in proposal.columns.values()
        if isinstance(each.value, FromColumn | FromWords)
    }
    for column in table.columns.values():
        name = normalised(column.name)
        if column.name in (*read, *others) or not column.distinct:
            continue
        is_state = name.split("_")[-1] in _STATES and len(column.words) > 1
        is_mark = name in _MARKS and column.fits in (BOOLEAN, INTEGER)
        if is_state or is_mark:
            counted = f" ({counted_words(column)})" if column.words else ""
            yield (
                f"{column.name}{counted} is not read: do all its values mean that the row counts?"
            )
