"""The sections of the text model's card that are tables of figures, each as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ml.cards.markdown import ABSENT, between, bullets, escape, number, table
from ml.metrics.intervals import auc_interval, wilson_interval
from ml.texts.complaints import LEAST_CUSTOMERS
from ml.texts.lexicon import MOODS
from ml.texts.model import sentiments
from ml.texts.scripts import script_of
from ml.texts.terms import MoodTerm, strongest_terms
from ml.texts.training import Reading, TextTraining, f1_scores

# Metric, what the card calls it, and its format.
ROWS = (
    ("accuracy", "Accuracy", ".3f"),
    ("macro_f1", "Macro-F1", ".3f"),
    ("log_loss", "Log loss", ".3f"),
    ("auc_negative", "ROC AUC, negative", ".3f"),
    ("calibration_error", "Calibration error", ".3f"),
    ("new_wordings_accuracy", "Accuracy, new wordings", ".3f"),
)
LEGEND = (
    "Accuracy: the share of texts whose likeliest mood is the one that their rating gives.",
    (
        "Macro-F1: the mean over the moods of the F1 score, the harmonic mean of precision and "
        "recall; a rare mood counts as much as a common one."
    ),
    "Log loss: how unlikely it found the moods that were, by the weight of the rating; 0 is best.",
    (
        "ROC AUC, negative: of a negative text and another one, how often the first had the lower "
        "sentiment; 0.5 is a coin."
    ),
    (
        "Calibration error: the mean distance of how sure it was and how often it was right, over "
        "ten groups by how sure it was."
    ),
    "New wordings: texts whose words nobody had written before in the same order.",
    ("Intervals take each text for a case of its own; messages of one ticket are not quite that."),
)
# What the card calls those who read.
READERS = {"ratings": "By ratings", "lexicon": "Lexicon alone", "majority": "Commonest mood"}
# Upper ends of the groups by how sure the model was.
SURENESS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# Of fewer texts a share says nothing.
LEAST_GROUP = 30
NOT_JUDGED = "Not judged: too few texts are rated to hold any back."


def metrics_section(training: TextTraining) -> str:
    """Every metric of the model that was kept, with its interval, beside the others'."""
    if not training.readings:
        return NOT_JUDGED
    kept, *others = training.readings
    actual, told = training.holdout.moods, kept.moods.argmax(axis=1)
    rows = []
    for key, label, form in ROWS:
        interval = ABSENT
        if key == "accuracy":
            found = wilson_interval(int(np.count_nonzero(told == actual)), len(actual))
            interval = between(found.low, found.high, form)
        elif key == "auc_negative":
            found = auc_interval(actual == 0, -sentiments(kept.moods))
            interval = between(found.low, found.high, form)
        rows.append(
            [
                label,
                _figure(kept, key, form),
                interval,
                *(_figure(each, key, form) for each in others),
            ]
        )
    header = [
        "",
        f"Model ({READERS[kept.reader].lower()})",
        "95 % interval",
        *(READERS[each.reader] for each in others),
    ]
    new = int(kept.metrics["new_wordings"])
    judged = f"On the same {len(actual):,} texts, of which {new:,} are new wordings."
    refused = (
        "What the ratings taught was refused and is in use nowhere."
        if training.model.is_lexicon
        else ""
    )
    return "\n\n".join(
        part for part in (judged, table(header, rows), refused, bullets(LEGEND)) if part
    )


def confusion_section(training: TextTraining) -> str:
    """How many texts of each mood were told to be of which; empty where none was judged."""
    if not training.readings:
        return ""
    kept, *others = training.readings
    actual = training.holdout.moods
    counts = _confusion(actual, kept)
    scores = {
        each.reader: f1_scores(actual, each.moods.argmax(axis=1)) for each in training.readings
    }
    header = ["Rated", *(f"Told {mood}" for mood in MOODS), "Recall", "Precision", "F1"]
    header += [f"F1: {READERS[each.reader].lower()}" for each in others]
    rows = []
    for place, mood in enumerate(MOODS):
        hits = counts[place, place]
        rows.append(
            [
                mood,
                *(f"{count:,}" for count in counts[place]),
                _share(hits, counts[place].sum()),
                _share(hits, counts[:, place].sum()),
                *(
                    number(scores[each.reader].get(place, float("nan")), ".3f")
                    for each in training.readings
                ),
            ]
        )
    return table(header, rows)


def calibration_section(training: TextTraining) -> str:
    """Predicted and actual moods, and how often it was right by how sure it was."""
    if not training.readings:
        return ""
    kept, actual = training.readings[0], training.holdout.moods
    by_mood = table(
        ["Mood", "Predicted", "Rated so", "95 % interval"],
        [
            [
                mood,
                f"{kept.moods[:, place].mean():.1%}",
                f"{found.estimate:.1%}",
                between(found.low, found.high, ".1%"),
            ]
            for place, mood in enumerate(MOODS)
            for found in [wilson_interval(int((actual == place).sum()), len(actual))]
        ],
    )
    sure, is_right = kept.moods.max(axis=1), kept.moods.argmax(axis=1) == actual
    rows, low = [], 0.0
    for high in SURENESS:
        within = (sure > low) & (sure <= high)
        if within.any():
            found = wilson_interval(int(is_right[within].sum()), int(within.sum()))
            rows.append(
                [
                    f"{low:.0%} to {high:.0%}",
                    f"{within.sum():,}",
                    f"{sure[within].mean():.1%}",
                    f"{found.estimate:.1%}",
                    between(found.low, found.high, ".1%"),
                ]
            )
        low = high
    by_sureness = table(["How sure", "Texts", "Predicted", "Right", "95 % interval"], rows)
    return f"{by_mood}\n\nBy the probability of the mood that it found likeliest:\n\n{by_sureness}"


def scripts_section(training: TextTraining) -> str:
    """Accuracy by script and by what rated a text; empty where none was judged."""
    if not training.readings:
        return ""
    later = training.holdout
    ratings = training.texts["rating"].take(later.rows).is_valid().to_pylist()
    groups = [
        ("Script", [script_of(text) for text in later.texts]),
        ("Rated by", ["the text's rating" if own else "a score for the help" for own in ratings]),
    ]
    rows, small = [], []
    for dimension, names in groups:
        for name in sorted(set(names)):
            within = np.array([each == name for each in names])
            if within.sum() < LEAST_GROUP:
                small.append(escape(name))
                continue
            found = [
                wilson_interval(int(is_right.sum()), int(within.sum()))
                for each in training.readings
                for is_right in [(each.moods.argmax(axis=1) == later.moods)[within]]
            ]
            rows.append(
                [
                    dimension,
                    escape(name),
                    f"{within.sum():,}",
                    f"{found[0].estimate:.1%}",
                    between(found[0].low, found[0].high, ".1%"),
                    *(f"{each.estimate:.1%}" for each in found[1:]),
                ]
            )
    header = ["", "Group", "Texts", "Right", "95 % interval"]
    header += [READERS[each.reader] for each in training.readings[1:]]
    too_small = f"Fewer than {LEAST_GROUP} texts: {', '.join(small)}." if small else ""
    return "\n\n".join(part for part in (table(header, rows) if rows else "", too_small) if part)


def terms_section(training: TextTraining) -> str:
    """The terms by which it tells moods."""
    learned = training.learned
    if len(learned) == 0:
        return (
            "The phrases of the lexicon (`ml/texts/text_lexicon.csv`), "
            "and what is spelled like them."
        )
    rows = training.texts.take(learned.rows)
    found = strongest_terms(
        training.model, learned.texts, rows["customer_no"].to_pylist(), rows["names"].to_pylist()
    )
    items = [f"{mood}: {_terms(found[mood])}" for mood in MOODS if found[mood]]
    rule = (
        "Words, pairs of words and, of scripts without spaces, runs of up to four signs, with the "
        "probability of the mood where the model reads nothing else, and the number of customers "
        "who wrote them; first what is both telling and common. Told is what at least "
        f"{LEAST_CUSTOMERS} customers have written and what is no part of a writer's name, an "
        "address or a number."
    )
    return f"{bullets(items) or 'No term was written by enough customers to be told.'}\n\n{rule}"


def _terms(terms: Iterable[MoodTerm]) -> str:
    return "; ".join(
        f"{escape(each.term)} ({each.probability:.0%}, {each.customers:,})" for each in terms
    )


def _figure(reading: Reading, key: str, form: str) -> str:
    return number(reading.metrics.get(key, float("nan")), form)


def _confusion(actual: NDArray[np.int64], reading: Reading) -> NDArray[np.int64]:
    """Texts by rated mood and told mood, shape (3, 3)."""
    counts = np.zeros((len(MOODS), len(MOODS)), dtype=np.int64)
    np.add.at(counts, (actual, reading.moods.argmax(axis=1)), 1)
    return counts


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ABSENT
