"""The card of the model of texts: what it is for, how good it is, and what it must not be used for.

In the manner of `ml.model_card`; every figure is of the latest rated texts, which taught nothing.
No text is in it and no name: the only words of customers are those of `ml.text_terms`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from ml.cards.markdown import bullets, escape
from ml.cards.text_card_figures import (
    READERS,
    calibration_section,
    confusion_section,
    metrics_section,
    scripts_section,
    terms_section,
)
from ml.metrics.intervals import wilson_interval
from ml.texts.features import LONGEST_CHARACTERS, MAX_CHARACTERS
from ml.texts.lexicon import MOODS, phrases
from ml.texts.model import LEAST_TOPIC_PROBABILITY, NEGATIVE_BELOW
from ml.texts.scripts import script_of
from ml.texts.training import (
    LAST_MESSAGE_WEIGHT,
    LEAST_JUDGED,
    MAX_TEXTS,
    OTHER_MESSAGE_WEIGHT,
    RATING_WEIGHT,
    RatedTexts,
    TextTraining,
)

# Topics that are named.
NAMED_TOPICS = 20


def text_card(training: TextTraining) -> str:
    """The card as Markdown."""
    sections = {
        "What it is for": _purpose(training),
        "What it was taught by": _data(training),
        "How good it is on later texts": metrics_section(training),
        "Which moods it takes for which": confusion_section(training),
        "How well its probabilities hold": calibration_section(training),
        "In which scripts and by which ratings": scripts_section(training),
        "What it reads most": terms_section(training),
        "What it must not be used for": _limits(training),
    }
    parts = [f"# Model of texts as of {training.model.facts.as_of}", _summary(training)]
    parts += [f"## {heading}\n\n{text}" for heading, text in sections.items() if text]
    return "\n\n".join(parts) + "\n"


def _summary(training: TextTraining) -> str:
    lexicon = f"**No rating has taught it**: {training.why}."
    if not training.readings:
        return lexicon
    kept, *others = training.readings
    count = len(training.holdout)
    right = round(kept.metrics["accuracy"] * count)
    sure = wilson_interval(right, count)
    beside = ", ".join(
        f"{READERS[each.reader].lower()} {each.metrics['accuracy']:.0%}" for each in others
    )
    told = (
        f"of {count:,} later texts it told the mood of {sure.estimate:.0%} as their rating did "
        f"({sure.low:.0%} to {sure.high:.0%}); {beside}."
    )
    opening = f"{lexicon} Still, " if training.model.is_lexicon else "**In short:** "
    return f"{opening}{told}"


def _purpose(training: TextTraining) -> str:
    text = (
        "Reads the mood of what customers write: negative, neutral or positive. The sentiment that "
        "is kept is the probability of a positive mood less that of a negative one, from −1 to 1; "
        f"below −{-NEGATIVE_BELOW:g} a text counts as negative. So anger is counted by topic and "
        "month, and a customer's bad mood is known before an order fails to come."
    )
    how = (
        f"Linear support vector machines on the character pieces of up to {LONGEST_CHARACTERS} "
        "signs, the words and the pairs of words of a text, made probabilities by a regression on "
        "texts that they have not learned from."
    )
    if training.model.topic is None:
        return f"{text} {how} Too few texts are filed to learn topics from."
    names = [escape(name) for name in training.model.topic.names]
    more = f" and {len(names) - NAMED_TOPICS} more" if len(names) > NAMED_TOPICS else ""
    return (
        f"{text} Besides, it tells one of the help desk's {len(names)} topics where it is at least "
        f"{LEAST_TOPIC_PROBABILITY:.0%} sure: {', '.join(names[:NAMED_TOPICS])}{more}. {how}"
    )


def _data(training: TextTraining) -> str:
    learned, later, facts = training.learned, training.holdout, training.model.facts
    items = [
        f"The lexicon: {len(phrases()):,} phrases in six languages, each taught like a rated text."
    ]
    if len(learned) == 0:
        items.append("Nothing that customers wrote.")
    else:
        items += [
            *_by_rating(learned),
            f"Moods that these ratings gave: {_counted(MOODS[place] for place in learned.moods)}",
            (
                f"Written from {min(learned.days)} to {max(learned.days)}, in scripts: "
                f"{_by_script(learned)}. The language is not looked at."
            ),
        ]
    if len(later):
        items.append(
            f"The latest fifth, {len(later):,} texts from {min(later.days)} to {max(later.days)}, "
            "taught nothing and judged."
        )
    if facts.filed_texts:
        items.append(f"Topics: {facts.filed_texts:,} texts of tickets that somebody has filed.")
    if len(training.texts) == MAX_TEXTS:
        items.append(f"Only the newest {MAX_TEXTS:,} rated or filed texts were looked at.")
    return bullets(items)


def _by_rating(learned: RatedTexts) -> list[str]:
    kinds = (
        (RATING_WEIGHT, "Rated by themselves, such as reviews"),
        (LAST_MESSAGE_WEIGHT, "Last messages of tickets, by the score given to the help"),
        (
            OTHER_MESSAGE_WEIGHT,
            "Other messages of such tickets, the first of them neutral at best",
        ),
    )
    return [
        f"{name}: {count:,} texts, with weight {weight:g}"
        for weight, name in kinds
        if (count := int(np.count_nonzero(learned.weights == weight)))
    ]


def _limits(training: TextTraining) -> str:
    limits = [
        (
            "To judge a person, whether the one who wrote or the one who answered: some texts are "
            "misread, and a score for the help is given for much that nobody there can change."
        ),
        (
            "To refuse anybody an answer, a price or a service, or to answer in their order alone: "
            "nobody has examined it for fairness between languages and ways of writing."
        ),
        (
            "To say how customers feel: most write nothing, and who writes is angrier. It says "
            "what was written."
        ),
        (
            "As a measure over the years: a text keeps what the model of its day read in it, and "
            "the next model reads otherwise."
        ),
        "For irony, for praise and blame in one text, and for what the sixth sentence takes back.",
        (
            "For a language or a script that no rating and no phrase of the lexicon (English, "
            "Chinese, German, Portuguese, Spanish, French) has taught it, or for what stands "
            f"behind the first {MAX_CHARACTERS:,} characters."
        ),
    ]
    if training.model.topic is not None:
        limits.append(
            "To count topics as though they were filed: how well they are told is not judged here, "
            "and what is about none of them gets the nearest or none."
        )
    if not training.readings:
        limits.append(
            f"Without a look at some texts and their moods: below {LEAST_JUDGED} rated texts "
            "nothing here was judged."
        )
    return bullets(limits)


def _counted(names: Iterable[str]) -> str:
    counts = Counter(names)
    return ", ".join(f"{name} {counts[name]:,}" for name in MOODS if counts[name])


def _by_script(learned: RatedTexts) -> str:
    counts = Counter(map(script_of, learned.texts))
    return ", ".join(f"{escape(name)} {count:,}" for name, count in counts.most_common())
