"""Training of the model of texts: what a rating says of a text, and how well that is told later.

The latest fifth of the rated texts teaches nothing and judges: the model beside the commonest mood
and the lexicon alone, and beside the model in use on what that one has not learned from either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.metrics.calibration import calibration_error
from ml.metrics.ranking import roc_auc
from ml.schemas import require_columns
from ml.texts.features import normalised, pieces
from ml.texts.head import LEAST_TEXTS, Learned, TextHead, fold_of
from ml.texts.lexicon import MOODS, phrases
from ml.texts.model import TextFacts, TextModel, sentiments

COLUMNS_TO_LEARN = (
    "label_group",
    "written_on",
    "text",
    "rating",
    "csat_score",
    "is_first",
    "is_last",
    "topic",
    "customer_no",
    "names",
)
# The newest of them; more take minutes and say little that these do not.
MAX_TEXTS = 50_000
# Below so many rated texts none is held back to judge with, and the lexicon is beaten by chance.
LEAST_JUDGED = 100
HOLDOUT_SHARE = 0.2
# A score for the help judges the help: its last message tells of it, others hardly do. And a good
# score makes no kind words of the question that began it, which is neutral then.
RATING_WEIGHT, LAST_MESSAGE_WEIGHT, OTHER_MESSAGE_WEIGHT = 1.0, 0.5, 0.2
# Of a phrase beside ratings. Of 0.03 to 1, on the two collections, 1 was best with two hundred
# ratings and no worse with ten thousand. Alone the lexicon ranks the negative texts before the
# others with an AUC of .86 (Chinese) and .74 (English).
PHRASE_WEIGHT = 1.0
NEUTRAL = 3.0
# By how much the log loss on later texts may rise before a newer model is refused.
MAX_LOG_LOSS_GAIN = 0.01
SMALLEST_PROBABILITY = 1e-6

Values = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class RatedTexts:
    """Texts with the mood that a rating gives them; arrays of shape (texts,).

    `rows` are their places in the table that they were taken from.
    """

    texts: list[str]
    groups: list[str]
    days: list[date]
    moods: Places
    weights: Values
    rows: Places

    def __len__(self) -> int:
        return len(self.texts)

    def where(self, kept: NDArray[np.bool_]) -> RatedTexts:
        """Those of them, in their order."""
        places = np.flatnonzero(kept)
        return RatedTexts(
            [self.texts[place] for place in places],
            [self.groups[place] for place in places],
            [self.days[place] for place in places],
            self.moods[places],
            self.weights[places],
            self.rows[places],
        )


@dataclass(frozen=True)
class Reading:
    """What one reader said of the later texts: probabilities of shape (texts, 3), and metrics."""

    reader: str
    moods: Values
    metrics: dict[str, float]


@dataclass(frozen=True)
class TextTraining:
    """A trained model and how it was judged.

    `metrics` are those of the later texts, the lexicon's and the majority's with their name in
    front; empty where too few texts are rated. `holdout` are those texts, and `readings` what was
    said of them, by the model that was kept first. `texts` is the table that all were taken from,
    and `learned` what the model was taught by, besides the lexicon.
    """

    model: TextModel
    metrics: dict[str, float]
    holdout: RatedTexts
    why: str
    texts: pa.Table
    learned: RatedTexts
    readings: tuple[Reading, ...]


def train_texts(texts: pa.Table, as_of: date) -> TextTraining:
    """Fit on all but the latest rated texts, judge on those; where it is better, the lexicon stays.

    Args:
        texts: what customers wrote by the day, with `COLUMNS_TO_LEARN`.
        as_of: the day as of which the model is.

    Raises:
        SchemaError: a column is missing.
    """
    require_columns(texts, COLUMNS_TO_LEARN, "the texts to learn from")
    texts = texts.sort_by([("written_on", "ascending"), ("label_group", "ascending")])
    texts = texts.slice(max(0, len(texts) - MAX_TEXTS))
    rated = rated_texts(texts)
    topic, filed = _topic_head(texts)
    none = rated.where(np.zeros(len(rated), bool))
    lexicon = TextModel(fit_moods(none), topic, TextFacts(as_of, None, 0, filed))
    if len(rated) < LEAST_JUDGED:
        why = f"{len(rated)} rated texts are too few to learn from: the lexicon reads alone"
        return TextTraining(lexicon, {}, none, why, texts, none, ())
    past, later = _split(rated)
    facts = TextFacts(as_of, max(past.days, default=None), len(past), filed)
    model = TextModel(fit_moods(past), topic, facts)
    read = [
        _reading(name, reader.moods(later.texts), later, past)
        for name, reader in (("ratings", model), ("lexicon", lexicon))
    ]
    ratings, by_lexicon, majority = (*read, _majority(past, later))
    metrics = dict(ratings.metrics)
    for beside in (by_lexicon, majority):
        metrics |= {f"{beside.reader}.{name}": value for name, value in beside.metrics.items()}
    if ratings.metrics["log_loss"] >= by_lexicon.metrics["log_loss"]:
        why = "on the later texts the company's ratings tell no more than the lexicon"
        readings = (by_lexicon, ratings, majority)
        return TextTraining(lexicon, metrics, later, why, texts, none, readings)
    why = (
        f"on {len(later)} later texts the log loss is {ratings.metrics['log_loss']:.3f}, by the "
        f"lexicon alone {by_lexicon.metrics['log_loss']:.3f}"
    )
    readings = (ratings, by_lexicon, majority)
    return TextTraining(model, metrics, later, why, texts, past, readings)


def decide_texts(training: TextTraining, champion: TextModel | None) -> tuple[bool, str]:
    """Whether the trained model replaces the one in use, and why.

    It may be worse by 0.01 of log loss on the texts that neither has learned from; where there are
    too few of them the newer one is used, for it has learned from more.
    """
    if champion is None:
        return True, f"There was none before: {training.why}."
    until = champion.facts.learned_until
    unseen = np.array([until is None or day > until for day in training.holdout.days], dtype=bool)
    later = training.holdout.where(unseen)
    if len(later) < LEAST_JUDGED:
        return True, f"Too few texts to compare with the model in use: {training.why}."
    ours, theirs = (
        log_loss(model.moods(later.texts), later) for model in (training.model, champion)
    )
    verdict = (
        f"on {len(later)} texts that neither has learned from the log loss is {ours:.3f}, that of "
        f"the model in use {theirs:.3f}."
    )
    return ours <= theirs + MAX_LOG_LOSS_GAIN, f"Judged together, {verdict}"


def rated_texts(texts: pa.Table) -> RatedTexts:
    """The texts that have a rating of their own, or their ticket's, of 1 to 5."""
    found: list[tuple[str, str, date, int, float, int]] = []
    for number, row in enumerate(texts.select(COLUMNS_TO_LEARN).to_pylist()):
        rating, weight = row["rating"], RATING_WEIGHT
        if rating is None and row["csat_score"] is not None:
            rating = min(row["csat_score"], NEUTRAL) if row["is_first"] else row["csat_score"]
            weight = LAST_MESSAGE_WEIGHT if row["is_last"] else OTHER_MESSAGE_WEIGHT
        if rating is not None:
            place = 0 if rating < 2.5 else 1 if rating <= 3.5 else 2
            found.append(
                (row["text"], row["label_group"], row["written_on"], place, weight, number)
            )
    return RatedTexts(
        [text for text, *_ in found],
        [group for _, group, *_ in found],
        [day for _, _, day, *_ in found],
        np.array([place for *_, place, _, _ in found], dtype=np.int64),
        np.array([weight for *_, weight, _ in found], dtype=np.float64),
        np.array([number for *_, number in found], dtype=np.int64),
    )


def fit_moods(rated: RatedTexts) -> TextHead:
    """The moods by these texts and by the lexicon's phrases.

    The same text of a fold and mood is learned once, with the root of its weight: what a thousand
    have written in the same words is no thousand texts.
    """
    keys = zip(map(normalised, rated.texts), rated.moods, map(fold_of, rated.groups), strict=True)
    weights: Counter[tuple[str, int, int]] = Counter()
    for (text, mood, fold), weight in zip(keys, rated.weights, strict=True):
        weights[text, int(mood), fold] += weight
    taught = [(*key, float(np.sqrt(weight))) for key, weight in weights.items()]
    taught += [
        (normalised(phrase), MOODS.index(mood), -1, PHRASE_WEIGHT) for phrase, mood in phrases()
    ]
    return TextHead.fit(MOODS, _learned(taught))


def log_loss(moods: Values, rated: RatedTexts) -> float:
    """Mean negative log probability of the texts' moods, by their weights.

    Args:
        moods: what a model says of them, shape (texts, 3).
        rated: the texts.
    """
    told = moods[np.arange(len(rated)), rated.moods]
    return float(np.average(-np.log(np.maximum(told, SMALLEST_PROBABILITY)), weights=rated.weights))


def macro_f1(actual: Places, told: Places) -> float:
    """Mean F1 of the classes that occur."""
    return float(np.mean(list(f1_scores(actual, told).values())))


def f1_scores(actual: Places, told: Places) -> dict[int, float]:
    """F1, the harmonic mean of precision and recall, of each class that occurs."""
    scores = {}
    for place in np.unique(actual):
        hit = float(((actual == place) & (told == place)).sum())
        scores[int(place)] = 2 * hit / float((actual == place).sum() + (told == place).sum())
    return scores


def _topic_head(texts: pa.Table) -> tuple[TextHead | None, int]:
    """The topics of the filed texts, and how many those are; None where there are not two."""
    filed = [
        (normalised(row["text"]), row["topic"], row["label_group"])
        for row in texts.select(["text", "topic", "label_group"]).to_pylist()
        if row["topic"] is not None
    ]
    counts = Counter(topic for _, topic, _ in filed)
    names = sorted(topic for topic, count in counts.items() if count >= LEAST_TEXTS)
    if len(names) < 2:
        return None, 0
    weights = Counter(
        (text, names.index(topic), fold_of(group)) for text, topic, group in filed if topic in names
    )
    taught = [(*key, float(np.sqrt(count))) for key, count in weights.items()]
    return TextHead.fit(names, _learned(taught)).mean(), sum(counts[name] for name in names)


def _learned(taught: Sequence[tuple[str, int, int, float]]) -> Learned:
    """Texts with class, fold and weight, in their own order: equal rows train equal models."""
    ordered = sorted(taught)
    return Learned(
        pieces([text for text, *_ in ordered]),
        np.array([place for _, place, _, _ in ordered], dtype=np.int64),
        np.array([weight for *_, weight in ordered], dtype=np.float64),
        np.array([fold for _, _, fold, _ in ordered], dtype=np.int64),
    )


def _split(rated: RatedTexts) -> tuple[RatedTexts, RatedTexts]:
    """The earlier texts and the latest fifth; a day is on one side."""
    days = np.array(rated.days)
    first_later = np.sort(days)[int(len(days) * (1 - HOLDOUT_SHARE))]
    return rated.where(days < first_later), rated.where(days >= first_later)


def _reading(reader: str, moods: Values, later: RatedTexts, past: RatedTexts) -> Reading:
    """Metrics of later texts, and accuracy on those whose words nobody had written before."""
    told = moods.argmax(axis=1)
    known = set(map(normalised, past.texts))
    is_new = np.array([normalised(text) not in known for text in later.texts])
    is_right = told == later.moods
    figures = {
        "texts": float(len(later)),
        "accuracy": float(np.mean(is_right)),
        "macro_f1": macro_f1(later.moods, told),
        "log_loss": log_loss(moods, later),
        "calibration_error": calibration_error(is_right, moods.max(axis=1)),
        "new_wordings": float(is_new.sum()),
        "new_wordings_accuracy": float(np.mean(is_right[is_new])) if is_new.any() else float("nan"),
        "auc_negative": roc_auc(later.moods == 0, -sentiments(moods)),
    }
    return Reading(
        reader, moods, {name: value for name, value in figures.items() if np.isfinite(value)}
    )


def _majority(past: RatedTexts, later: RatedTexts) -> Reading:
    commonest = np.bincount(past.moods, minlength=len(MOODS)).argmax()
    moods = np.zeros((len(later), len(MOODS)))
    moods[:, commonest] = 1.0
    figures = {
        "accuracy": float(np.mean(commonest == later.moods)),
        "macro_f1": macro_f1(later.moods, moods.argmax(axis=1)),
    }
    return Reading("majority", moods, figures)
