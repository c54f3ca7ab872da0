"""Model card of the text model: intended use, data, metrics on the holdout, and limits.

The text is in `templates/text_card.md.jinja`; here are its figures. All metrics are of the latest
rated texts, which took no part in any fitting. The card quotes no text and no name: its only words
of customers are those of `ml.texts.terms`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.cards.markdown import render_markdown
from ml.metrics.intervals import Interval, auc_interval, wilson_interval
from ml.texts.complaints import LEAST_CUSTOMERS
from ml.texts.features import LONGEST_CHARACTERS, MAX_CHARACTERS
from ml.texts.labels import LAST_MESSAGE_WEIGHT, OTHER_MESSAGE_WEIGHT, RATING_WEIGHT, Places
from ml.texts.lexicon import SENTIMENT_CLASSES, phrases
from ml.texts.model import LEAST_TOPIC_PROBABILITY, NEGATIVE_BELOW, sentiments
from ml.texts.scripts import script_of
from ml.texts.terms import InfluentialTerm, influential_terms
from ml.texts.training import LEAST_JUDGED, MAX_TEXTS, Evaluation, TextTraining, f1_scores

# Names in the card of the models compared.
MODELS = {"ratings": "Ratings", "lexicon": "Lexicon alone", "majority": "Most frequent class"}
LABEL_SOURCES = {
    RATING_WEIGHT: "Texts with a rating of their own, such as reviews",
    LAST_MESSAGE_WEIGHT: "Last messages of tickets, rated by the ticket's CSAT score",
    OTHER_MESSAGE_WEIGHT: "Other messages of such tickets, the first of them neutral at best",
}
NAMED_TOPICS = 20
# Upper ends of the bins of confidence.
CONFIDENCE_BINS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# The accuracy of fewer texts has an interval of 35 points and more.
LEAST_GROUP = 30

Mask = NDArray[np.bool_]


def text_card(training: TextTraining) -> str:
    """The card as Markdown; sections on the holdout are left out where no text was held out."""
    fitted_on = training.fitted_on
    figures = _holdout_figures(training) if training.evaluations else {"kept": None}
    return render_markdown(
        "text_card.md.jinja",
        training=training,
        fitted_on=fitted_on,
        names=MODELS,
        classes=SENTIMENT_CLASSES,
        phrase_count=len(phrases()),
        label_sources=[
            (name, count, weight)
            for weight, name in LABEL_SOURCES.items()
            if (count := int(np.count_nonzero(fitted_on.weights == weight)))
        ],
        label_counts=[
            (name, count)
            for place, name in enumerate(SENTIMENT_CLASSES)
            if (count := int(np.count_nonzero(fitted_on.labels == place)))
        ],
        script_counts=Counter(map(script_of, fitted_on.texts)).most_common(),
        terms=_terms(training),
        negative_below=NEGATIVE_BELOW,
        least_topic_probability=LEAST_TOPIC_PROBABILITY,
        named_topics=NAMED_TOPICS,
        longest_characters=LONGEST_CHARACTERS,
        max_characters=MAX_CHARACTERS,
        max_texts=MAX_TEXTS,
        least_customers=LEAST_CUSTOMERS,
        least_group=LEAST_GROUP,
        least_judged=LEAST_JUDGED,
        **figures,
    )


def _terms(training: TextTraining) -> dict[str, list[InfluentialTerm]]:
    """The most influential terms by class, of the texts that the model was fitted on."""
    rows = training.texts.take(training.fitted_on.rows)
    return influential_terms(
        training.model,
        training.fitted_on.texts,
        rows["customer_no"].to_pylist(),
        rows["names"].to_pylist(),
    )


def _holdout_figures(training: TextTraining) -> dict[str, object]:
    """Figures of the holdout, of the model in use first and the models beside it after it."""
    kept, *others = training.evaluations
    labels = training.holdout.labels
    predictions = [each.probabilities.argmax(axis=1) for each in training.evaluations]
    accuracy = _accuracy(predictions[0] == labels)
    groups = list(_groups(training))
    return {
        "kept": kept,
        "others": others,
        "accuracy": accuracy,
        "intervals": {
            "accuracy": accuracy,
            "auc_negative": auc_interval(labels == 0, -sentiments(kept.probabilities)),
        },
        "confusion": list(_confusion(labels, predictions)),
        "calibration_by_class": [
            (name, kept.probabilities[:, place].mean(), _accuracy(labels == place))
            for place, name in enumerate(SENTIMENT_CLASSES)
        ],
        "calibration_by_confidence": list(_by_confidence(labels, kept)),
        "groups": [
            {
                "dimension": dimension,
                "name": name,
                "texts": within.sum(),
                "correct": [_accuracy((found == labels)[within]) for found in predictions],
            }
            for dimension, name, within in groups
            if within.sum() >= LEAST_GROUP
        ],
        "small_groups": [name for _, name, within in groups if within.sum() < LEAST_GROUP],
    }


def _accuracy(is_correct: Mask) -> Interval:
    """The share that is true, with Wilson's interval."""
    return wilson_interval(int(is_correct.sum()), len(is_correct))


def _confusion(labels: Places, predictions: list[Places]) -> Iterator[dict[str, object]]:
    """A row of the first prediction's confusion matrix per class, with F1 of all predictions."""
    scores = [f1_scores(labels, predicted) for predicted in predictions]
    counts = np.zeros((len(SENTIMENT_CLASSES), len(SENTIMENT_CLASSES)), dtype=np.int64)
    np.add.at(counts, (labels, predictions[0]), 1)
    for place, name in enumerate(SENTIMENT_CLASSES):
        yield {
            "name": name,
            "counts": counts[place],
            "recall": _share(counts[place, place], counts[place].sum()),
            "precision": _share(counts[place, place], counts[:, place].sum()),
            "f1_scores": [score.get(place) for score in scores],
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _by_confidence(labels: Places, evaluation: Evaluation) -> Iterator[dict[str, object]]:
    """Mean confidence and accuracy per bin of confidence that holds a text."""
    confidence, is_correct = (
        evaluation.probabilities.max(axis=1),
        evaluation.probabilities.argmax(axis=1) == labels,
    )
    for low, high in pairwise((0.0, *CONFIDENCE_BINS)):
        within = (confidence > low) & (confidence <= high)
        if within.any():
            yield {
                "low": low,
                "high": high,
                "texts": within.sum(),
                "predicted": confidence[within].mean(),
                "correct": _accuracy(is_correct[within]),
            }


def _groups(training: TextTraining) -> Iterator[tuple[str, str, Mask]]:
    """Groups of the holdout's texts: dimension, name, and which texts, shape (texts,)."""
    holdout = training.holdout
    is_rated = training.texts["rating"].take(holdout.rows).is_valid().to_pylist()
    dimensions = {
        "Script": [script_of(text) for text in holdout.texts],
        "Rated by": ["the text's rating" if own else "a CSAT score" for own in is_rated],
    }
    for dimension, names in dimensions.items():
        for name in sorted(set(names)):
            yield dimension, name, np.array([each == name for each in names])
