from __future__ import annotations

import numpy as np
import pytest

from ml.texts.labels import rated_texts
from ml.texts.lexicon import SENTIMENT_CLASSES
from tests.unit.ml.texts.planted_texts import text_rows, to_learn


@pytest.mark.parametrize(
    ("csat", "is_first", "is_last", "name", "weight"),
    [
        (5.0, True, True, "neutral", 0.5),
        (1.0, True, True, "negative", 0.5),
        (5.0, False, True, "positive", 0.5),
        (5.0, False, False, "positive", 0.2),
    ],
)
def test_a_good_csat_score_makes_no_positive_text_of_the_question(
    csat: float, is_first: bool, is_last: bool, name: str, weight: float
) -> None:
    row = text_rows(1)[0] | {"rating": None, "csat_score": csat}
    rated = rated_texts(to_learn([row | {"is_first": is_first, "is_last": is_last}]))

    assert SENTIMENT_CLASSES[int(rated.labels[0])] == name
    assert rated.weights[0] == weight


def test_a_rating_counts_before_a_csat_score_and_a_text_without_either_is_left_out() -> None:
    rows = [row | {"rating": None} for row in text_rows(5)]
    for row, rating in zip(rows, (2.4, 2.5, 3.5, 3.6), strict=False):
        row |= {"rating": rating, "csat_score": 1.0}

    rated = rated_texts(to_learn(rows))

    names = [SENTIMENT_CLASSES[label] for label in rated.labels]
    assert names == ["negative", "neutral", "neutral", "positive"]
    assert rated.rows.tolist() == [0, 1, 2, 3]
    assert set(rated.weights) == {1.0}


def test_chosen_texts_keep_their_rows_and_groups() -> None:
    rated = rated_texts(to_learn(text_rows(4)))

    some = rated.where(np.array([False, True, False, True]))

    assert len(some) == 2
    assert some.rows.tolist() == [1, 3]
    assert some.groups == ["shop:1", "shop:3"]
