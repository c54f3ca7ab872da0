"""Text model on two public labelled collections.

TEXT_LABELS_DIR names their folder: zh_waimai.csv, Chinese reviews of take-away meals, and
en_airline.csv, English messages to airlines. A fixed fifth is held out by a hash of the wording, so
that no wording is on both sides. Settings were chosen by cross-validation on the other four fifths.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from time import process_time

import numpy as np
import pyarrow as pa

from ml.texts.features import normalised
from ml.texts.labels import Places, RatedTexts
from ml.texts.lexicon import SENTIMENT_CLASSES
from ml.texts.model import TextFacts, TextModel, sentiments
from ml.texts.training import fit_sentiment, macro_f1

FIFTHS = 5
MEASURED_TEXTS = 100_000
_DAY = date(2020, 1, 1)


@dataclass(frozen=True)
class TextFigures:
    """Figures of the model on the held-out fifth of a collection.

    `learned` and `held_out` are numbers of texts; `seconds` is the CPU time to score
    `MEASURED_TEXTS`.
    """

    collection: str
    learned: int
    held_out: int
    accuracy: float
    macro_f1: float
    seconds: float


def text_figures(folder: Path) -> list[TextFigures]:
    """Figures of both collections.

    Args:
        folder: where zh_waimai.csv and en_airline.csv are.
    """
    return [
        _figures("zh_waimai", _distinct(_chinese(folder / "zh_waimai.csv"))),
        _figures("en_airline", _distinct(_english(folder / "en_airline.csv"))),
    ]


def _figures(name: str, labelled: dict[str, str]) -> TextFigures:
    held = {text: label for text, label in labelled.items() if _fifth(text) == 0}
    learned = {text: label for text, label in labelled.items() if _fifth(text) != 0}
    rated = RatedTexts(
        texts=list(learned),
        groups=list(learned),
        days=[_DAY] * len(learned),
        labels=_positions(learned),
        weights=np.ones(len(learned)),
        rows=np.arange(len(learned)),
    )
    model = TextModel(fit_sentiment(rated), None, TextFacts(_DAY, _DAY, len(learned), 0))
    probabilities = model.probabilities(list(held))
    actual = _positions(held)
    predicted = probabilities.argmax(axis=1)
    if "neutral" not in labelled.values():
        # The collection has two classes only: the sign of the sentiment is the prediction.
        is_positive = sentiments(probabilities) > 0
        predicted = is_positive * SENTIMENT_CLASSES.index("positive")
    return TextFigures(
        name,
        len(learned),
        len(held),
        float(np.mean(predicted == actual)),
        macro_f1(actual, predicted),
        _seconds(model, list(labelled)),
    )


def _positions(labelled: dict[str, str]) -> Places:
    return np.array([SENTIMENT_CLASSES.index(label) for label in labelled.values()], np.int64)


def _seconds(model: TextModel, texts: list[str]) -> float:
    """CPU seconds to score `MEASURED_TEXTS` as the pipeline does; the collection's texts repeat."""
    many = [texts[place % len(texts)] for place in range(MEASURED_TEXTS)]
    table = pa.table(
        {
            "load_id": np.zeros(len(many), dtype=np.int64),
            "row_no": np.arange(len(many)),
            "known_on": pa.repeat(pa.scalar(date(2020, 1, 2)), len(many)),
            "label_group": many,
            "text": many,
            "topic": pa.nulls(len(many), pa.string()),
        }
    )
    start = process_time()
    model.score(table, "1")
    return process_time() - start


def _chinese(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            (row["review"], "positive" if row["label"] == "1" else "negative")
            for row in csv.DictReader(file)
        ]


def _english(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(row["text"], row["airline_sentiment"]) for row in csv.DictReader(file)]


def _distinct(labelled: list[tuple[str, str]]) -> dict[str, str]:
    """Each normalised wording once, with its most frequent label; a tie leaves the wording out."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text, label in labelled:
        votes[normalised(text)][label] += 1
    return {
        text: counts.most_common(1)[0][0]
        for text, counts in votes.items()
        if len(counts) == 1 or counts.most_common(2)[0][1] > counts.most_common(2)[1][1]
    }


def _fifth(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") % FIFTHS
