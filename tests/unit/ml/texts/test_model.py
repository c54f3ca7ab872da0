"""Planted sentiment and topics recovered, and texts of unusual form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ml.schemas import TEXT_SCORES, SchemaError
from ml.texts.classifier import fold_of
from ml.texts.features import ngram_matrix
from ml.texts.model import TextModel, sentiments
from ml.texts.training import TextTraining, train_texts
from tests.unit.ml.texts.planted_texts import DAY, text_rows, to_learn, to_score


def sentiment(model: TextModel, *texts: str) -> list[float]:
    return [float(value) for value in model.score(to_score(texts), "1")["sentiment"].to_pylist()]


def test_planted_sentiment_is_recovered_as_a_number_from_minus_one_to_one(
    training: TextTraining,
) -> None:
    negative, neutral, positive = sentiment(
        training.model, "aba grux ebe voth", "aba midd ebe plon", "aba zolp ebe mirv"
    )
    assert -1 <= negative < -0.5
    assert -0.5 < neutral < 0.5
    assert 0.5 < positive <= 1


def test_planted_topics_are_recovered_and_a_ticket_s_own_topic_is_kept(
    training: TextTraining,
) -> None:
    predicted = training.model.score(to_score(["parcelo routik aba", "taxum coinar ebe"]), "1")
    filed = training.model.score(to_score(["parcelo routik aba"], topic="pricing"), "1")

    assert predicted["topic"].to_pylist() == ["delivery", "pricing"]
    assert filed["topic"].to_pylist() == ["pricing"]


def test_a_stored_model_predicts_the_same(training: TextTraining, tmp_path: Path) -> None:
    training.model.save(tmp_path)
    stored = TextModel.load(tmp_path)

    texts = to_score([str(row["text"]) for row in text_rows(50, seed=9)])
    assert stored.score(texts, "1").equals(training.model.score(texts, "1"))
    assert stored.fingerprint == training.model.fingerprint
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz", ".json"}


def test_a_text_of_the_training_data_gets_an_out_of_fold_score() -> None:
    rows = text_rows(600)
    rows[0] |= {"text": "quib quab quob", "rating": 1.0}
    model = train_texts(to_learn(rows), DAY).model
    table = to_score(["quib quab quob"])
    own = table.set_column(3, "label_group", pa.array(["shop:0"]))
    past = own.set_column(2, "known_on", pa.array([DAY], pa.date32()))

    by_fold = model.sentiment.probabilities(
        ngram_matrix(["quib quab quob"]), np.array([fold_of("shop:0")])
    )
    by_all = model.score(own, "1")["sentiment"][0].as_py()
    assert model.score(past, "1")["sentiment"][0].as_py() == pytest.approx(
        float(sentiments(by_fold)[0])
    )
    assert by_all < model.score(past, "1")["sentiment"][0].as_py()


ODD = {
    "nothing": "",
    "spaces": " \n\t ",
    "emoji": "😡😡😡",
    "signs": "?!… //",
    "digits": "4711",
    "long": "grux " * 20_000,
    "lines": "grux\nvoth\r\nsnep",
    "mixed": "grux 很差 schrecklich ужасно مرحبا",
    "control": "a\x00b\u200bc\ufeff",
    "surrogate": "\U0001f469\u200d\U0001f4bb ok",
    "markup": "&lt;b&gt;grux&lt;/b&gt;",
}


@pytest.mark.parametrize("text", ODD.values(), ids=list(ODD))
def test_any_text_has_a_score(training: TextTraining, text: str) -> None:
    scores = training.model.score(to_score([text, "zolp mirv"]), "1")

    values = scores["sentiment"].to_numpy()
    assert scores.schema.equals(TEXT_SCORES)
    assert np.isfinite(values).all()
    assert (np.abs(values) <= 1).all()
    assert values[1] == sentiment(training.model, "zolp mirv")[0]


def test_no_text_gives_no_score(training: TextTraining) -> None:
    assert len(training.model.score(to_score([]), "1")) == 0


def test_a_missing_column_is_named(training: TextTraining) -> None:
    with pytest.raises(SchemaError, match="known_on"):
        training.model.score(to_score(["a"]).drop_columns("known_on"), "1")
