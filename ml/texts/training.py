"""Training of the text model on rated texts, and its evaluation on the latest fifth of them.

The holdout compares the model with the most frequent class and with the lexicon alone. A promotion
compares it with the model in use, on texts that neither was fitted on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from ml.metrics.calibration import calibration_error
from ml.metrics.ranking import roc_auc
from ml.schemas import require_columns
from ml.texts.classifier import LEAST_TEXTS, LabelledTexts, TextClassifier, fold_of
from ml.texts.features import ngram_matrix, normalised
from ml.texts.labels import RATING_COLUMNS, Places, RatedTexts, Values, rated_texts
from ml.texts.lexicon import SENTIMENT_CLASSES, phrases
from ml.texts.model import TextFacts, TextModel, sentiments

COLUMNS_TO_LEARN = (*RATING_COLUMNS, "topic", "customer_no", "names")
# Older texts are left out: they take minutes and add little accuracy.
MAX_TEXTS = 50_000
# With fewer rated texts none is held out, and a model would beat the lexicon by chance.
LEAST_JUDGED = 100
HOLDOUT_SHARE = 0.2
# Weight of a phrase relative to a rating. Of 0.03 to 1, on the two labelled collections, 1 was best
# with 200 ratings and no worse with 10,000. The lexicon alone ranks negative texts before the
# others with an AUC of .86 (Chinese) and .74 (English).
PHRASE_WEIGHT = 1.0
# Largest increase of the holdout's log loss with which a newer model is promoted.
MAX_LOG_LOSS_GAIN = 0.01
SMALLEST_PROBABILITY = 1e-6


@dataclass(frozen=True)
class Evaluation:
    """Predictions of one model for the holdout: probabilities of shape (texts, 3), and metrics.

    `model` is `ratings`, `lexicon` or `majority`, the most frequent class.
    """

    model: str
    probabilities: Values
    metrics: dict[str, float]


@dataclass(frozen=True)
class TextTraining:
    """A trained model with its training data and its evaluation.

    `texts` is the table that all texts come from, `fitted_on` the rated texts of the fit besides
    the lexicon, and `holdout` the rated texts of the evaluation. `evaluations` starts with the
    model that was kept; it is empty where too few texts are rated. `metrics` are those of the model
    fitted on ratings, and the others' under their names, such as `lexicon.accuracy`.
    """

    model: TextModel
    metrics: dict[str, float]
    holdout: RatedTexts
    why: str
    texts: pa.Table
    fitted_on: RatedTexts
    evaluations: tuple[Evaluation, ...]


def train_texts(texts: pa.Table, as_of: date) -> TextTraining:
    """Fit on all but the latest rated texts, and evaluate on the latest.

    The lexicon alone is kept where the ratings do not reduce its log loss on the holdout.

    Args:
        texts: the texts known on the date, with `COLUMNS_TO_LEARN`.
        as_of: the model's date.

    Raises:
        SchemaError: a column is missing.
    """
    require_columns(texts, COLUMNS_TO_LEARN, "the texts to learn from")
    texts = texts.sort_by([("written_on", "ascending"), ("label_group", "ascending")])
    texts = texts.slice(max(0, len(texts) - MAX_TEXTS))
    rated = rated_texts(texts)
    topic, filed = _topic_classifier(texts)
    none = rated.where(np.zeros(len(rated), bool))
    lexicon = TextModel(fit_sentiment(none), topic, TextFacts(as_of, None, 0, filed))
    if len(rated) < LEAST_JUDGED:
        why = f"{len(rated)} rated texts are too few to learn from, so the lexicon is used alone"
        return TextTraining(lexicon, {}, none, why, texts, none, ())
    past, later = _split(rated)
    facts = TextFacts(as_of, max(past.days, default=None), len(past), filed)
    model = TextModel(fit_sentiment(past), topic, facts)
    ratings, by_lexicon = (
        _evaluation(name, candidate.probabilities(later.texts), later, past)
        for name, candidate in (("ratings", model), ("lexicon", lexicon))
    )
    majority = _majority(past, later)
    metrics = dict(ratings.metrics)
    for other in (by_lexicon, majority):
        metrics |= {f"{other.model}.{name}": value for name, value in other.metrics.items()}
    if ratings.metrics["log_loss"] >= by_lexicon.metrics["log_loss"]:
        why = "on the holdout the company's ratings do not reduce the log loss of the lexicon"
        evaluations = (by_lexicon, ratings, majority)
        return TextTraining(lexicon, metrics, later, why, texts, none, evaluations)
    why = (
        f"on the {len(later)} texts of the holdout the log loss is "
        f"{ratings.metrics['log_loss']:.3f}, with the lexicon alone "
        f"{by_lexicon.metrics['log_loss']:.3f}"
    )
    evaluations = (ratings, by_lexicon, majority)
    return TextTraining(model, metrics, later, why, texts, past, evaluations)


def decide_texts(training: TextTraining, champion: TextModel | None) -> tuple[bool, str]:
    """True if the trained model is promoted, and the reason.

    The model is promoted if its log loss exceeds that of the champion by `MAX_LOG_LOSS_GAIN` at
    most, on the texts that neither was fitted on. With fewer than `LEAST_JUDGED` of them the newer
    model is promoted, because it was fitted on more texts.

    Args:
        training: the trained model.
        champion: the model in use; None before the first.
    """
    if champion is None:
        return True, f"No model was in use before: {training.why}."
    until = champion.facts.learned_until
    unseen = np.array([until is None or day > until for day in training.holdout.days], dtype=bool)
    later = training.holdout.where(unseen)
    if len(later) < LEAST_JUDGED:
        return True, f"Too few texts to compare with the model in use: {training.why}."
    ours, theirs = (
        log_loss(model.probabilities(later.texts), later) for model in (training.model, champion)
    )
    reason = (
        f"On {len(later)} texts that neither model was fitted on, the log loss is {ours:.3f}; that "
        f"of the model in use is {theirs:.3f}."
    )
    return ours <= theirs + MAX_LOG_LOSS_GAIN, reason


def fit_sentiment(rated: RatedTexts) -> TextClassifier:
    """Sentiment classifier fitted on rated texts and on the lexicon's phrases.

    Equal texts of a fold and class are one training text with the square root of their weight,
    because a thousand equal messages are less evidence than a thousand different texts.

    Args:
        rated: the training texts; none for the lexicon alone.
    """
    keys = zip(map(normalised, rated.texts), rated.labels, map(fold_of, rated.groups), strict=True)
    weights: Counter[tuple[str, int, int]] = Counter()
    for (text, label, fold), weight in zip(keys, rated.weights, strict=True):
        weights[text, int(label), fold] += weight
    labelled = [(*key, float(np.sqrt(weight))) for key, weight in weights.items()]
    labelled += [
        (normalised(phrase), SENTIMENT_CLASSES.index(name), -1, PHRASE_WEIGHT)
        for phrase, name in phrases()
    ]
    return TextClassifier.fit(SENTIMENT_CLASSES, _labelled(labelled))


def log_loss(probabilities: Values, rated: RatedTexts) -> float:
    """Mean negative log probability of the labels in nats, weighted by the texts' weights.

    Args:
        probabilities: of each class, shape (texts, 3).
        rated: the texts.
    """
    own = probabilities[np.arange(len(rated)), rated.labels]
    return float(np.average(-np.log(np.maximum(own, SMALLEST_PROBABILITY)), weights=rated.weights))


def macro_f1(labels: Places, predicted: Places) -> float:
    """Mean of the F1 scores of the classes that occur in the labels; both of shape (texts,)."""
    return float(np.mean(list(f1_scores(labels, predicted).values())))


def f1_scores(labels: Places, predicted: Places) -> dict[int, float]:
    """F1 score of each class that occurs in the labels, by its position."""
    scores = {}
    for place in np.unique(labels):
        hits = float(((labels == place) & (predicted == place)).sum())
        scores[int(place)] = 2 * hits / float((labels == place).sum() + (predicted == place).sum())
    return scores


def _topic_classifier(texts: pa.Table) -> tuple[TextClassifier | None, int]:
    """Classifier of the tickets' topics and its number of texts; None with fewer than two topics.

    A topic needs `LEAST_TEXTS` texts.
    """
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
    labelled = [(*key, float(np.sqrt(count))) for key, count in weights.items()]
    classifier = TextClassifier.fit(names, _labelled(labelled)).mean()
    return classifier, sum(counts[name] for name in names)


def _labelled(rows: Sequence[tuple[str, int, int, float]]) -> LabelledTexts:
    """Texts with class, fold and weight, sorted, so that equal rows give equal models."""
    ordered = sorted(rows)
    return LabelledTexts(
        ngram_matrix([text for text, *_ in ordered]),
        np.array([place for _, place, _, _ in ordered], dtype=np.int64),
        np.array([weight for *_, weight in ordered], dtype=np.float64),
        np.array([fold for _, _, fold, _ in ordered], dtype=np.int64),
    )


def _split(rated: RatedTexts) -> tuple[RatedTexts, RatedTexts]:
    """The earlier texts and the latest fifth; all texts of a day are on one side."""
    days = np.array(rated.days)
    first_later = np.sort(days)[int(len(days) * (1 - HOLDOUT_SHARE))]
    return rated.where(days < first_later), rated.where(days >= first_later)


def _evaluation(
    model: str, probabilities: Values, later: RatedTexts, past: RatedTexts
) -> Evaluation:
    """Metrics on the holdout; some only for texts whose wording is not in the training data."""
    predicted = probabilities.argmax(axis=1)
    known = set(map(normalised, past.texts))
    is_new = np.array([normalised(text) not in known for text in later.texts])
    is_right = predicted == later.labels
    figures = {
        "texts": float(len(later)),
        "accuracy": float(np.mean(is_right)),
        "macro_f1": macro_f1(later.labels, predicted),
        "log_loss": log_loss(probabilities, later),
        "calibration_error": calibration_error(is_right, probabilities.max(axis=1)),
        "new_wordings": float(is_new.sum()),
        "new_wordings_accuracy": float(np.mean(is_right[is_new])) if is_new.any() else float("nan"),
        "auc_negative": roc_auc(later.labels == 0, -sentiments(probabilities)),
    }
    finite = {name: value for name, value in figures.items() if np.isfinite(value)}
    return Evaluation(model, probabilities, finite)


def _majority(past: RatedTexts, later: RatedTexts) -> Evaluation:
    """Evaluation of the training data's most frequent class."""
    most_frequent = np.bincount(past.labels, minlength=len(SENTIMENT_CLASSES)).argmax()
    probabilities = np.zeros((len(later), len(SENTIMENT_CLASSES)))
    probabilities[:, most_frequent] = 1.0
    figures = {
        "accuracy": float(np.mean(most_frequent == later.labels)),
        "macro_f1": macro_f1(later.labels, probabilities.argmax(axis=1)),
    }
    return Evaluation("majority", probabilities, figures)
