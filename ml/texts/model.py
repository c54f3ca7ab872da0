"""What is read out of texts: their mood as a number and, where that can be learned, their topic.

The moods are taught by customers' own ratings, the topics by tickets that somebody has filed. The
model is two fitted questions (`ml.text_head`) and facts, in open formats; nothing is pickled.
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

from ml.model_files import fingerprint_of, write_files
from ml.schemas import TEXT_SCORES, require_columns
from ml.texts.features import batches, normalised, pieces
from ml.texts.head import TextHead, fold_of
from ml.texts.lexicon import MOODS

FACTS_FILE = "facts.json"
ARRAYS_FILE = "{head}.npz"
NAMES_FILE = "{head}.json"
SENTIMENT_HEAD, TOPIC_HEAD = "sentiment", "topic"
# What tells a text to be scored, and its score, apart from others.
TEXT_KEYS = ("load_id", "row_no")
COLUMNS_TO_SCORE = (*TEXT_KEYS, "known_on", "label_group", "text", "topic")
# Below this a topic is a guess; reviews also tell of what no ticket is about.
LEAST_TOPIC_PROBABILITY = 0.5
# A text counts as negative below this: its mood is then told, and not one doubtful word.
NEGATIVE_BELOW = -0.25

Values = NDArray[np.float64]


@dataclass(frozen=True)
class TextFacts:
    """What the model was made of.

    `learned_until` is the day of the latest rated text that it has learned from; None where it is
    the lexicon alone. `rated_texts` and `filed_texts` are how many taught moods and topics.
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
        """Read what `to_json` wrote."""
        stored = json.loads(text)
        for name in ("as_of", "learned_until"):
            stored[name] = stored[name] and date.fromisoformat(stored[name])
        return cls(**stored)


@dataclass(frozen=True)
class TextModel:
    """A trained model of texts; `topic` is None where too few texts are filed."""

    sentiment: TextHead
    topic: TextHead | None
    facts: TextFacts

    def moods(self, texts: list[str], folds: NDArray[np.int64] | None = None) -> Values:
        """Probability of each of `MOODS`, shape (texts, 3), of texts as written."""
        read = [normalised(text) for text in texts]
        parts = [
            self.sentiment.probabilities(
                pieces(read[batch]), None if folds is None else folds[batch]
            )
            for batch in batches(read)
        ]
        return np.concatenate([np.empty((0, len(MOODS))), *parts])

    def score(self, texts: pa.Table, version: str) -> pa.Table:
        """Sentiment in [-1, 1] and topic of each text, as `TEXT_SCORES`, in the table's order.

        The sentiment is the probability of a positive mood less that of a negative one. A text that
        was known on the model's date, and may have taught it, is read by the machine that has not
        learned from its rating: else the past would be told better than any later day. The topic is
        the one under which the text was filed; else what the model says, null where it is not sure.

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
        matrix = pieces([normalised(text) for text in texts["text"].to_pylist()])
        moods = self.sentiment.probabilities(matrix, folds)
        topics = texts["topic"].to_pylist()
        if self.topic is not None:
            told = self.topic.probabilities(matrix)
            best = told.argmax(axis=1)
            sure = told.max(axis=1) >= LEAST_TOPIC_PROBABILITY
            topics = [
                filed or (self.topic.names[place] if is_sure else None)
                for filed, place, is_sure in zip(topics, best, sure, strict=True)
            ]
        sentiment = sentiments(moods)
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
        """Whether no rating of the company has taught it."""
        return self.facts.learned_until is None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything in the model, equal for equal models."""
        return fingerprint_of(self._files())

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        write_files(self._files(), folder)

    @classmethod
    def load(cls, folder: Path) -> TextModel:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: one of the files is not there.
        """
        has_topic = (folder / NAMES_FILE.format(head=TOPIC_HEAD)).exists()
        return cls(
            sentiment=_loaded_head(folder, SENTIMENT_HEAD),
            topic=_loaded_head(folder, TOPIC_HEAD) if has_topic else None,
            facts=TextFacts.from_json((folder / FACTS_FILE).read_text(encoding="utf-8")),
        )

    def _files(self) -> dict[str, bytes]:
        topic = {} if self.topic is None else _head_files(self.topic, TOPIC_HEAD)
        return {
            **_head_files(self.sentiment, SENTIMENT_HEAD),
            **topic,
            FACTS_FILE: self.facts.to_json().encode(),
        }


@dataclass(frozen=True)
class LoadedTextModel:
    """A model of texts with the version under which the registry keeps it."""

    model: TextModel
    version: str
    as_of: date


def sentiments(moods: Values) -> Values:
    """One number of the three probabilities, shape (texts,): 1 is surely positive, −1 negative."""
    return np.asarray(
        moods[:, MOODS.index("positive")] - moods[:, MOODS.index("negative")], dtype=np.float64
    )


def _head_files(head: TextHead, name: str) -> dict[str, bytes]:
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays,
        columns=head.columns,
        weights=head.weights,
        intercepts=head.intercepts,
        slopes=head.slopes,
        levels=head.levels,
    )
    return {
        ARRAYS_FILE.format(head=name): arrays.getvalue(),
        NAMES_FILE.format(head=name): json.dumps(head.names, ensure_ascii=False).encode(),
    }


def _loaded_head(folder: Path, name: str) -> TextHead:
    names = json.loads((folder / NAMES_FILE.format(head=name)).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS_FILE.format(head=name), allow_pickle=False) as arrays:
        return TextHead(tuple(names), **{key: arrays[key] for key in arrays.files})
