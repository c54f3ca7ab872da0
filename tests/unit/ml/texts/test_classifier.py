from __future__ import annotations

import numpy as np
import pytest

from ml.texts.classifier import FOLDS, LabelledTexts, TextClassifier, fold_of
from ml.texts.features import ngram_matrix
from ml.texts.training import TextTraining

NAMES = ("bad", "good")


def labelled(texts: list[str], classes: list[int], folds: list[int]) -> LabelledTexts:
    return LabelledTexts(
        ngram_matrix(texts), np.array(classes), np.ones(len(texts)), np.array(folds)
    )


def test_the_fold_of_a_group_is_the_same_for_ever() -> None:
    assert [fold_of(f"shop:{number}") for number in range(4)] == [1, 2, 2, 0]
    assert {fold_of(f"shop:{number}") for number in range(50)} == set(range(FOLDS))


def test_with_fewer_than_ten_texts_of_a_class_a_margin_of_one_is_odds_of_e_squared() -> None:
    fitted = TextClassifier.fit(
        NAMES, labelled(["grux"] * 5 + ["zolp"] * 5, [0] * 5 + [1] * 5, [*range(5), *range(5)])
    )

    matrix = ngram_matrix(["grux", "zolp"])
    margins = fitted.margins(matrix, None)
    odds = fitted.probabilities(matrix)
    np.testing.assert_allclose(
        np.log(odds[:, 1] / odds[:, 0]), 2 * (margins[:, 1] - margins[:, 0]), rtol=1e-6
    )
    assert odds[0, 0] > 0.5 > odds[1, 0]


def test_a_class_without_texts_is_never_predicted() -> None:
    texts = labelled(["grux", "voth"] * 10, [0] * 20, [number % 5 for number in range(20)])
    found = TextClassifier.fit(NAMES, texts).probabilities(ngram_matrix(["grux", "zolp"]))

    assert (found[:, 0] > 0.9).all()


def test_mislabelled_texts_are_left_out_of_the_fit() -> None:
    """With a tenth of the labels of one fold wrong, the other texts decide."""
    texts = ["grux voth"] * 40 + ["zolp mirv"] * 40
    folds = [number % 5 for number in range(80)]
    wrong = [0] * 36 + [1] * 4 + [1] * 40
    right = [0] * 40 + [1] * 40

    found = TextClassifier.fit(NAMES, labelled(texts, wrong, folds))
    clean = TextClassifier.fit(NAMES, labelled(texts, right, folds))

    matrix = ngram_matrix(["grux voth"])
    np.testing.assert_allclose(found.margins(matrix, None), clean.margins(matrix, None), atol=0.05)


def test_the_mean_classifier_predicts_the_same_for_new_texts(training: TextTraining) -> None:
    classifier = training.model.sentiment
    matrix = ngram_matrix(["aba grux ebe voth", "aba zolp"])

    assert len(classifier.mean().weights) == 1
    np.testing.assert_allclose(
        classifier.mean().probabilities(matrix), classifier.probabilities(matrix), rtol=1e-5
    )


@pytest.mark.parametrize("fold", range(FOLDS))
def test_a_fold_s_predictions_are_its_own(training: TextTraining, fold: int) -> None:
    classifier = training.model.sentiment
    matrix = ngram_matrix(["aba grux ebe voth"])

    own = classifier.margins(matrix, np.array([fold]))
    read = matrix[:, classifier.columns]
    np.testing.assert_allclose(
        own, read @ classifier.weights[fold].T + classifier.intercepts[fold], rtol=1e-6
    )
