"""Text model: sentiment of texts as a number and, where enough tickets have one, their topic.

The labels of the sentiment are customers' ratings, those of the topics the tickets' own topics. The
model is two classifiers (`ml.texts.classifier`) and facts, stored as NPZ and JSON without pickles.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.model_files import StoredModel
from ml.schemas import TEXT_SCORES, require_columns
from ml.texts.classifier import TextClassifier, fold_of
from ml.texts.features import batches, ngram_matrix, normalised
from ml.texts.lexicon import SENTIMENT_CLASSES

FACTS_FILE = "facts.json"
ARRAYS_FILE = "{classifier}.npz"
NAMES_FILE = "{classifier}.json"
SENTIMENT, TOPIC = "sentiment", "topic"
# Key of a text and of its score.
TEXT_KEYS = ("load_id", "row_no")
COLUMNS_TO_SCORE = (*TEXT_KEYS, "known_on", "label_group", "text", "topic")
# Below it no topic is assigned: reviews also concern subjects that no ticket is about.
LEAST_TOPIC_PROBABILITY = 0.5
# A text counts as negative below this sentiment, which one doubtful word does not reach.
NEGATIVE_BELOW = -0.25

Values = NDArray[np.float64]


@dataclass(frozen=True)
class TextFacts:
    """Origin of a text model.

    `learned_until` is the day of the latest rated text that it was fitted on; None for the lexicon
    alone. `rated_texts` and `filed_texts` are the numbers of texts with a rating and with a topic
    that it was fitted on.
    """

    as_of: date
    learned_until: date | None
    rated_texts: int
    filed_texts: int

    def to_json(self) -> str:
        """The facts as JSON text, dates in ISO 8601."""
        return json.dumps(asdict(self), default=date.isoformat, indent=1)

    @classmethod
    def from_json(cls, text: str) -> TextFacts:
        """Facts from the text that `to_json` wrote."""
        stored = json.loads(text)
        for name in ("as_of", "learned_until"):
            stored[name] = stored[name] and date.fromisoformat(stored[name])
        return cls(**stored)


@dataclass(frozen=True)
class TextModel(StoredModel):
    """A trained text model; `topic` is None where too few texts have a topic."""

    sentiment: TextClassifier
    topic: TextClassifier | None
    facts: TextFacts

    def probabilities(self, texts: list[str], folds: NDArray[np.int64] | None = None) -> Values:
        """Probability of each of `SENTIMENT_CLASSES`, shape (texts, 3).

        Args:
            texts: the texts as written.
            folds: as in `TextClassifier.probabilities`.
        """
        read = [normalised(text) for text in texts]
        parts = [
            self.sentiment.probabilities(
                ngram_matrix(read[batch]), None if folds is None else folds[batch]
            )
            for batch in batches(read)
        ]
        return np.concatenate([np.empty((0, len(SENTIMENT_CLASSES))), *parts])

    def score(self, texts: pa.Table, version: str) -> pa.Table:
        """Sentiment in [-1, 1] and topic of each text, as `TEXT_SCORES`, in the table's order.

        The sentiment is the probability of the class positive minus that of negative. A text known
        on the model's date may be in its training data and gets an out-of-fold prediction, so that
        past scores are as accurate as later ones. The topic is the ticket's own, else the predicted
        one, else null where the probability is below `LEAST_TOPIC_PROBABILITY`.

        Args:
            texts: the texts, with `COLUMNS_TO_SCORE`.
            version: the model's version in the registry.

        Raises:
            SchemaError: a column of `COLUMNS_TO_SCORE` is missing.
        """
        require_columns(texts, COLUMNS_TO_SCORE, "the texts to score")
        scores = [
            self._score(texts.slice(batch.start, batch.stop - batch.start), version)
            for batch in batches(texts["text"].to_pylist())
        ]
        return pa.concat_tables([TEXT_SCORES.empty_table(), *scores])

    def _score(self, texts: pa.Table, version: str) -> pa.Table:
        folds = np.array(
            [
                fold_of(group) if known_on <= self.facts.as_of else -1
                for group, known_on in zip(
                    texts["label_group"].to_pylist(), texts["known_on"].to_pylist(), strict=True
                )
            ],
            dtype=np.int64,
        )
        matrix = ngram_matrix([normalised(text) for text in texts["text"].to_pylist()])
        sentiment = sentiments(self.sentiment.probabilities(matrix, folds))
        topics = texts["topic"].to_pylist()
        if self.topic is not None:
            predicted = self.topic.probabilities(matrix)
            best = predicted.argmax(axis=1)
            sure = predicted.max(axis=1) >= LEAST_TOPIC_PROBABILITY
            topics = [
                filed or (self.topic.names[place] if is_sure else None)
                for filed, place, is_sure in zip(topics, best, sure, strict=True)
            ]
        return pa.table(
            {
                **{name: texts[name] for name in TEXT_KEYS},
                "model_version": pa.repeat(pa.scalar(version), len(texts)),
                "sentiment": sentiment,
                "is_negative": sentiment < NEGATIVE_BELOW,
                "topic": pa.array(topics, pa.string()),
            }
        ).cast(TEXT_SCORES)

    @property
    def is_lexicon(self) -> bool:
        """True if the model was fitted on no rating of the company."""
        return self.facts.learned_until is None

    @classmethod
    def load(cls, folder: Path) -> TextModel:
        """Read the model that `save` wrote into a folder.

        Raises:
            FileNotFoundError: a file of the model is missing.
        """
        has_topic = (folder / NAMES_FILE.format(classifier=TOPIC)).exists()
        return cls(
            sentiment=_loaded(folder, SENTIMENT),
            topic=_loaded(folder, TOPIC) if has_topic else None,
            facts=TextFacts.from_json((folder / FACTS_FILE).read_text(encoding="utf-8")),
        )

    def _files(self) -> dict[str, bytes]:
        topic = {} if self.topic is None else _classifier_files(self.topic, TOPIC)
        return {
            **_classifier_files(self.sentiment, SENTIMENT),
            **topic,
            FACTS_FILE: self.facts.to_json().encode(),
        }


@dataclass(frozen=True)
class LoadedTextModel:
    """A text model with its version in the registry and its date."""

    model: TextModel
    version: str
    as_of: date


def sentiments(probabilities: Values) -> Values:
    """Sentiment P(positive) − P(negative) in [-1, 1], shape (texts,).

    Args:
        probabilities: of each of `SENTIMENT_CLASSES`, shape (texts, 3).
    """
    positive, negative = map(SENTIMENT_CLASSES.index, ("positive", "negative"))
    return np.asarray(probabilities[:, positive] - probabilities[:, negative], dtype=np.float64)


def _classifier_files(classifier: TextClassifier, name: str) -> dict[str, bytes]:
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays,
        columns=classifier.columns,
        weights=classifier.weights,
        intercepts=classifier.intercepts,
        slopes=classifier.slopes,
        levels=classifier.levels,
    )
    return {
        ARRAYS_FILE.format(classifier=name): arrays.getvalue(),
        NAMES_FILE.format(classifier=name): json.dumps(
            classifier.names, ensure_ascii=False
        ).encode(),
    }


def _loaded(folder: Path, name: str) -> TextClassifier:
    names = json.loads((folder / NAMES_FILE.format(classifier=name)).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS_FILE.format(classifier=name), allow_pickle=False) as arrays:
        return TextClassifier(tuple(names), **{key: arrays[key] for key in arrays.files})
