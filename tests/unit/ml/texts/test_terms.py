"""The planted words come back, and nothing by which somebody could be told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ml.texts.lexicon import MOODS
from ml.texts.terms import MAX_TERMS, MoodTerm, strongest_terms
from ml.texts.training import TextTraining, train_texts
from tests.unit.ml.texts.test_model import DAY, KIND, UNKIND, text_rows, to_learn

PLANTED = dict(zip(MOODS, (UNKIND, ("midd", "plon"), KIND), strict=True))


@pytest.fixture(scope="module")
def training() -> TextTraining:
    return train_texts(to_learn(text_rows(600)), DAY)


def terms_of(
    training: TextTraining,
    texts: list[str],
    customers: list[int | None] | None = None,
    names: list[Any] | None = None,
) -> dict[str, list[MoodTerm]]:
    return strongest_terms(
        training.model,
        texts,
        customers or list(range(len(texts))),
        names or [None] * len(texts),
    )


def words(found: dict[str, list[MoodTerm]]) -> set[str]:
    return {each.term for terms in found.values() for each in terms}


def test_the_words_that_were_planted_for_a_mood_come_first(training: TextTraining) -> None:
    learned = training.learned
    found = terms_of(training, learned.texts)

    for mood, planted in PLANTED.items():
        first = found[mood][: len(planted)]
        assert {each.term for each in first} == set(planted)
        assert min(each.probability for each in first) > 0.8
        assert len(found[mood]) <= MAX_TERMS
    grux = next(each for each in found["negative"] if each.term == "grux")
    assert grux.customers == sum("grux" in text.split() for text in learned.texts)


def test_what_four_customers_have_written_is_not_told(training: TextTraining) -> None:
    assert terms_of(training, ["grux"] * 4) == {mood: [] for mood in MOODS}
    assert words(terms_of(training, ["grux"] * 5)) == {"grux"}
    # Five texts of one, and of nobody known.
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
def test_no_name_and_no_address_is_told(
    training: TextTraining, text: str, name: str | None
) -> None:
    # The name is one writer's alone: what the others mean by it is given up.
    found = terms_of(training, [text] * 9, names=[[name] if name else None, *[None] * 8])

    assert words(found) == set()


def test_a_script_without_spaces_has_terms_too() -> None:
    rows = [
        {**row, "text": ["外卖很差劲", "外卖还可以", "外卖很好吃"][int(number % 3)], "rating": mood}
        for number, row in enumerate(text_rows(300))
        for mood in [(1.0, 3.0, 5.0)[int(number % 3)]]
    ]
    training = train_texts(to_learn(rows), date(2026, 6, 30))
    found = terms_of(training, training.learned.texts)

    assert any("差" in each.term for each in found["negative"])
    assert any("好" in each.term for each in found["positive"])


def test_no_text_gives_no_terms(training: TextTraining) -> None:
    assert terms_of(training, []) == {mood: [] for mood in MOODS}
