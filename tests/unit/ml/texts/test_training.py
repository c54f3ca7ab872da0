from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.texts.labels import rated_texts
from ml.texts.lexicon import phrases
from ml.texts.model import TextModel
from ml.texts.training import TextTraining, decide_texts, f1_scores, macro_f1, train_texts
from tests.unit.ml.texts.planted_texts import DAY, text_rows, to_learn


def test_the_holdout_compares_the_model_with_the_lexicon_and_the_most_frequent_class(
    training: TextTraining,
) -> None:
    metrics = training.metrics
    assert metrics["accuracy"] > 0.85
    assert metrics["auc_negative"] > 0.9
    assert metrics["accuracy"] > metrics["lexicon.accuracy"]
    assert metrics["macro_f1"] > metrics["majority.macro_f1"]
    until = training.model.facts.learned_until
    assert until is not None
    assert until < min(training.holdout.days)


def test_equal_texts_in_another_order_train_an_equal_model() -> None:
    rows = text_rows(150)

    one, other = (train_texts(to_learn(order), DAY) for order in (rows, rows[::-1]))

    assert one.evaluations
    assert one.model.fingerprint == other.model.fingerprint


def test_without_ratings_there_is_no_evaluation_and_no_topic() -> None:
    training = train_texts(to_learn([]), DAY)

    assert training.model.is_lexicon
    assert training.model.topic is None
    assert training.metrics == {}
    assert "0 rated texts are too few" in training.why


def test_random_ratings_leave_the_lexicon_in_use() -> None:
    random = np.random.default_rng(5)
    rows = [
        {**row, "text": phrase, "rating": float(random.integers(1, 6))}
        for row, (phrase, _) in zip(text_rows(400), phrases()[:400], strict=True)
    ]
    noise = train_texts(to_learn(rows[:120]), DAY)
    assert set(noise.metrics) >= {"log_loss", "lexicon.log_loss"}
    assert noise.model.is_lexicon == (
        noise.metrics["log_loss"] >= noise.metrics["lexicon.log_loss"]
        or noise.model.facts.learned_until is None
    )


def test_a_worse_model_is_rejected_and_a_first_one_is_not(
    training: TextTraining, lexicon: TextModel
) -> None:
    worse = replace(training, model=lexicon)

    assert decide_texts(worse, None)[0]
    assert decide_texts(training, lexicon)[0]
    assert not decide_texts(worse, training.model)[0]


def test_with_too_few_unseen_texts_the_newer_model_is_promoted(training: TextTraining) -> None:
    few = replace(training, holdout=rated_texts(to_learn(text_rows(20))))

    promote, why = decide_texts(few, training.model)

    assert promote
    assert why.startswith("Too few texts to compare")


def test_f1_is_the_mean_of_the_classes_that_occur() -> None:
    labels, predicted = np.array([0, 0, 2, 2]), np.array([0, 1, 2, 2])

    assert f1_scores(labels, predicted) == {0: pytest.approx(2 / 3), 2: 1.0}
    assert macro_f1(labels, predicted) == pytest.approx(5 / 6)
