from __future__ import annotations

from ml.texts.lexicon import SENTIMENT_CLASSES, phrases
from ml.texts.model import TextModel
from tests.unit.ml.texts.test_model import sentiment


def test_without_ratings_the_lexicon_classifies_texts_of_six_languages(lexicon: TextModel) -> None:
    bad = sentiment(
        lexicon,
        "What a terrible and useless thing, I am so disappointed",
        "质量太差了，很失望",
        "Sehr schlecht, ich bin enttäuscht",
        "Péssimo, produto com defeito",
        "Muy malo, llegó roto",
        "Très mauvais, je suis déçue",
    )
    good = sentiment(
        lexicon,
        "Excellent, I am very happy with it",
        "非常好，很满意",
        "Sehr gut, vielen Dank",
        "Muito bom, adorei",
        "Muy bueno, me encanta",
        "Très bien, je suis ravie",
    )
    assert max(bad) < 0 < min(good)


def test_the_lexicon_has_phrases_of_each_class() -> None:
    assert len({*phrases()}) >= 800
    assert {name for _, name in phrases()} == set(SENTIMENT_CLASSES)
