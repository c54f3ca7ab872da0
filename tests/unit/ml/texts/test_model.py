"""Planted moods and topics recovered, and texts that nobody would plan for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ml.schemas import TEXT_SCORES, SchemaError
from ml.texts.features import MAX_CHARACTERS, normalised, pieces
from ml.texts.head import fold_of
from ml.texts.lexicon import MOODS, phrases
from ml.texts.model import TextModel
from ml.texts.training import TextTraining, decide_texts, rated_texts, train_texts

DAY = date(2026, 6, 30)
KIND = ("zolp", "mirv", "tanq", "belk")
UNKIND = ("grux", "voth", "snep", "krad")
TOPICS = {"delivery": ("parcelo", "routik"), "pricing": ("taxum", "coinar")}


def text_rows(count: int, seed: int = 1) -> list[dict[str, object]]:
    """Texts in a language of its own: rated by their words, about a topic, one in ten misrated."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(count):
        mood = int(random.integers(3))
        topic = str(random.choice(list(TOPICS)))
        words = [*random.choice(["aba", "ebe", "ibi", "obo", "ubu"], 4), *TOPICS[topic]]
        words += list(random.choice([UNKIND, ("midd", "plon"), KIND][mood], 2))
        rating = random.integers(1, 6) if random.random() < 0.1 else (1, 3, 5)[mood]
        rows.append(
            {
                "label_group": f"shop:{number}",
                "written_on": DAY - timedelta(days=int(count - number) // 10),
                "text": " ".join(random.permutation(words)),
                "rating": float(rating),
                "csat_score": None,
                "is_first": True,
                "is_last": True,
                "topic": topic,
                "customer_no": number,
                "names": None,
            }
        )
    return rows


def to_learn(rows: Sequence[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(
        list(rows),
        schema=pa.schema(
            [
                ("label_group", pa.string()),
                ("written_on", pa.date32()),
                ("text", pa.string()),
                ("rating", pa.float64()),
                ("csat_score", pa.float64()),
                ("is_first", pa.bool_()),
                ("is_last", pa.bool_()),
                ("topic", pa.string()),
                ("customer_no", pa.int32()),
                ("names", pa.list_(pa.string())),
            ]
        ),
    )


def to_score(
    texts: Sequence[str], known_on: date = DAY + timedelta(days=1), topic: str | None = None
) -> pa.Table:
    return pa.table(
        {
            "load_id": pa.array([1] * len(texts), pa.int64()),
            "row_no": pa.array(range(len(texts)), pa.int64()),
            "known_on": pa.array([known_on] * len(texts), pa.date32()),
            "label_group": pa.array([f"shop:{place}" for place in range(len(texts))], pa.string()),
            "text": pa.array(texts, pa.string()),
            "topic": pa.array([topic] * len(texts), pa.string()),
        }
    )


@pytest.fixture(scope="module")
def training() -> TextTraining:
    return train_texts(to_learn(text_rows(600)), DAY)


def sentiment(model: TextModel, *texts: str) -> list[float]:
    return [float(value) for value in model.score(to_score(texts), "1")["sentiment"].to_pylist()]


def test_planted_moods_come_back_as_a_number_from_minus_one_to_one(
    training: TextTraining,
) -> None:
    unkind, middling, kind = sentiment(
        training.model, "aba grux ebe voth", "aba midd ebe plon", "aba zolp ebe mirv"
    )
    assert -1 <= unkind < -0.5
    assert -0.5 < middling < 0.5
    assert 0.5 < kind <= 1


def test_planted_topics_come_back_where_they_are_told_and_not_elsewhere(
    training: TextTraining,
) -> None:
    told = training.model.score(to_score(["parcelo routik aba", "taxum coinar ebe"]), "1")
    filed = training.model.score(to_score(["parcelo routik aba"], topic="pricing"), "1")

    assert told["topic"].to_pylist() == ["delivery", "pricing"]
    assert filed["topic"].to_pylist() == ["pricing"]


def test_later_texts_judge_the_model_beside_the_lexicon_and_the_commonest_mood(
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


def test_a_stored_model_says_what_it_said(training: TextTraining, tmp_path: Path) -> None:
    training.model.save(tmp_path)
    stored = TextModel.load(tmp_path)

    texts = to_score([str(row["text"]) for row in text_rows(50, seed=9)])
    assert stored.score(texts, "1").equals(training.model.score(texts, "1"))
    assert stored.fingerprint == training.model.fingerprint
    assert {path.suffix for path in tmp_path.iterdir()} == {".npz", ".json"}


def test_equal_texts_in_another_order_train_an_equal_model(training: TextTraining) -> None:
    again = train_texts(to_learn(list(reversed(text_rows(600)))), DAY)

    assert again.model.fingerprint == training.model.fingerprint


def test_a_text_that_taught_the_model_is_read_by_a_machine_that_has_not_learned_from_it() -> None:
    rows = text_rows(600)
    rows[0] |= {"text": "quib quab quob", "rating": 1.0}
    model = train_texts(to_learn(rows), DAY).model
    table = to_score(["quib quab quob"])
    own = table.set_column(3, "label_group", pa.array(["shop:0"]))
    past = own.set_column(2, "known_on", pa.array([DAY], pa.date32()))

    by_fold = model.sentiment.probabilities(
        pieces(["quib quab quob"]), np.array([fold_of("shop:0")])
    )
    by_all = model.score(own, "1")["sentiment"][0].as_py()
    assert model.score(past, "1")["sentiment"][0].as_py() == pytest.approx(
        float(by_fold[0, MOODS.index("positive")] - by_fold[0, MOODS.index("negative")])
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


def test_what_is_too_long_is_not_read_to_its_end() -> None:
    assert len(normalised("word " * 20_000)) <= MAX_CHARACTERS


def test_addresses_digits_and_stretched_letters_make_no_difference() -> None:
    one = normalised("Sooooo BAD, see https://a.example/1?x=2 or mail me@a.example, order 123")
    other = normalised("sooo bad, see https://b.example/77 or mail you@b.example, order 987")
    assert one == other


def test_pieces_do_not_depend_on_the_texts_beside_them() -> None:
    alone = pieces(["很差 very bad"]).toarray()
    beside = pieces(["", "first", "很差 very bad", "last"]).toarray()
    np.testing.assert_array_equal(alone[0], beside[2])
    assert beside[0].sum() == 0


def test_without_ratings_the_lexicon_reads_six_languages() -> None:
    training = train_texts(to_learn([]), DAY)

    assert training.model.is_lexicon
    assert training.model.topic is None
    assert training.metrics == {}
    bad = sentiment(
        training.model,
        "What a terrible and useless thing, I am so disappointed",
        "质量太差了，很失望",
        "Sehr schlecht, ich bin enttäuscht",
        "Péssimo, produto com defeito",
        "Muy malo, llegó roto",
        "Très mauvais, je suis déçue",
    )
    good = sentiment(
        training.model,
        "Excellent, I am very happy with it",
        "非常好，很满意",
        "Sehr gut, vielen Dank",
        "Muito bom, adorei",
        "Muy bueno, me encanta",
        "Très bien, je suis ravie",
    )
    assert max(bad) < 0 < min(good)


def test_the_lexicon_knows_each_phrase_of_a_language_once() -> None:
    assert len({*phrases()}) >= 800
    assert {mood for _, mood in phrases()} == set(MOODS)


def test_ratings_that_say_nothing_leave_the_lexicon_in_place() -> None:
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


@pytest.mark.parametrize(
    ("csat", "is_first", "is_last", "mood", "weight"),
    [
        (5.0, True, True, "neutral", 0.5),
        (1.0, True, True, "negative", 0.5),
        (5.0, False, True, "positive", 0.5),
        (5.0, False, False, "positive", 0.2),
    ],
)
def test_a_score_for_the_help_makes_no_kind_words_of_the_question(
    csat: float, is_first: bool, is_last: bool, mood: str, weight: float
) -> None:
    row = text_rows(1)[0] | {"rating": None, "csat_score": csat}
    rated = rated_texts(to_learn([row | {"is_first": is_first, "is_last": is_last}]))

    assert MOODS[int(rated.moods[0])] == mood
    assert rated.weights[0] == weight


def test_a_worse_model_is_refused_and_a_first_one_is_not(training: TextTraining) -> None:
    lexicon = train_texts(to_learn([]), DAY).model
    worse = replace(training, model=lexicon)

    assert decide_texts(worse, None)[0]
    assert decide_texts(training, lexicon)[0]
    assert not decide_texts(worse, training.model)[0]
