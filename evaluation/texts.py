"""The model of texts on labelled collections of other people: what it may be expected to tell.

TEXT_LABELS_DIR names the folder: zh_waimai.csv, Chinese reviews of take-away meals, and
en_airline.csv, English messages to airlines. A fixed fifth is held out, by a hash of the words, so
that no text is on both sides; settings were chosen by cross-validation in the other four.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa

from ml.texts.features import normalised
from ml.texts.lexicon import MOODS
from ml.texts.model import TextFacts, TextModel, sentiments
from ml.texts.training import RatedTexts, fit_moods, macro_f1

FIFTHS = 5
MEASURED_TEXTS = 100_000
_DAY = date(2020, 1, 1)


@dataclass(frozen=True)
class TextFigures:
    """How the model does on the held-out fifth of a collection.

    `seconds` is the time that `MEASURED_TEXTS` of its texts take from their words to their score.
    """

    collection: str
    learned: int
    held_out: int
    accuracy: float
    macro_f1: float
    seconds: float


def text_figures(folder: Path) -> list[TextFigures]:
    """Figures of both collections."""
    return [
        _figures("zh_waimai", _distinct(_chinese(folder / "zh_waimai.csv"))),
        _figures("en_airline", _distinct(_english(folder / "en_airline.csv"))),
    ]


def _figures(name: str, labelled: dict[str, str]) -> TextFigures:
    held = {text: mood for text, mood in labelled.items() if _fifth(text) == 0}
    learned = {text: mood for text, mood in labelled.items() if _fifth(text) != 0}
    rated = RatedTexts(
        texts=list(learned),
        groups=list(learned),
        days=[_DAY] * len(learned),
        moods=np.array([MOODS.index(mood) for mood in learned.values()], dtype=np.int64),
        weights=np.ones(len(learned)),
        rows=np.arange(len(learned)),
    )
    model = TextModel(fit_moods(rated), None, TextFacts(_DAY, _DAY, len(learned), 0))
    probabilities = model.moods(list(held))
    actual = np.array([MOODS.index(mood) for mood in held.values()], dtype=np.int64)
    told = probabilities.argmax(axis=1)
    if not (actual == MOODS.index("neutral")).any():
        # Only two moods were asked for: the sign of the sentiment says which.
        told = np.where(sentiments(probabilities) > 0, MOODS.index("positive"), 0)
    return TextFigures(
        name,
        len(learned),
        len(held),
        float(np.mean(told == actual)),
        macro_f1(actual, told),
        _seconds(model, list(labelled)),
    )


def _seconds(model: TextModel, texts: list[str]) -> float:
    """Time to score so many texts as the pipeline does, of which each but the first is repeated."""
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
    start = perf_counter()
    model.score(table, "1")
    return perf_counter() - start


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
    """Each wording once, with the label that most gave it; none where as many gave another."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text, mood in labelled:
        votes[normalised(text)][mood] += 1
    return {
        text: moods.most_common(1)[0][0]
        for text, moods in votes.items()
        if len(moods) == 1 or moods.most_common(2)[0][1] > moods.most_common(2)[1][1]
    }


def _fifth(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") % FIFTHS
