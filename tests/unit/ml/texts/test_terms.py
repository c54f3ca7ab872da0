"""Planted words recovered, and no term that identifies a customer."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ml.texts.lexicon import SENTIMENT_CLASSES
from ml.texts.terms import MAX_TERMS, InfluentialTerm, influential_terms
from ml.texts.training import TextTraining, train_texts
from tests.unit.ml.texts.planted_texts import NEGATIVE, NEUTRAL, POSITIVE, text_rows, to_learn

PLANTED = dict(zip(SENTIMENT_CLASSES, (NEGATIVE, NEUTRAL, POSITIVE), strict=True))


def terms_of(
    training: TextTraining,
    texts: list[str],
    customers: list[int | None] | None = None,
    names: list[Any] | None = None,
) -> dict[str, list[InfluentialTerm]]:
    return influential_terms(
        training.model,
        texts,
        customers or list(range(len(texts))),
        names or [None] * len(texts),
    )


def words(found: dict[str, list[InfluentialTerm]]) -> set[str]:
    return {each.term for terms in found.values() for each in terms}


def test_the_words_planted_for_a_class_come_first(training: TextTraining) -> None:
    rated = training.fitted_on
    found = terms_of(training, rated.texts)

    for name, planted in PLANTED.items():
        first = found[name][: len(planted)]
        assert {each.term for each in first} == set(planted)
        assert min(each.probability for each in first) > 0.8
        assert len(found[name]) <= MAX_TERMS
    grux = next(each for each in found["negative"] if each.term == "grux")
    assert grux.customers == sum("grux" in text.split() for text in rated.texts)


def test_a_term_of_four_customers_is_left_out(training: TextTraining) -> None:
    assert terms_of(training, ["grux"] * 4) == {name: [] for name in SENTIMENT_CLASSES}
    assert words(terms_of(training, ["grux"] * 5)) == {"grux"}
    # Five texts, two of them of one customer or one of an unknown customer.
    assert words(terms_of(training, ["grux"] * 5, [1, 1, 2, 3, 4])) == set()
    assert words(terms_of(training, ["grux"] * 5, [None, 1, 2, 3, 4])) == set()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("grux", "Anna Grux"),
        ("GRUX", "Grux-Voth, Anna"),
        ("很差", "王很差"),
        ("grux@mail.example", None),
        ("https://grux.example/o", None),
        ("@grux", None),
    ],
)
def test_no_name_and_no_address_is_a_term(
    training: TextTraining, text: str, name: str | None
) -> None:
    # It is one writer's name only, yet the term is left out for all.
    found = terms_of(training, [text] * 9, names=[[name] if name else None, *[None] * 8])

    assert words(found) == set()


def test_a_script_without_spaces_has_terms_too() -> None:
    rows = [
        {
            **row,
            "text": ["外卖很差劲", "外卖还可以", "外卖很好吃"][int(number % 3)],
            "rating": rating,
        }
        for number, row in enumerate(text_rows(300))
        for rating in [(1.0, 3.0, 5.0)[int(number % 3)]]
    ]
    training = train_texts(to_learn(rows), date(2026, 6, 30))
    found = terms_of(training, training.fitted_on.texts)

    assert any("差" in each.term for each in found["negative"])
    assert any("好" in each.term for each in found["positive"])


def test_no_text_gives_no_terms(training: TextTraining) -> None:
    assert terms_of(training, []) == {name: [] for name in SENTIMENT_CLASSES}
