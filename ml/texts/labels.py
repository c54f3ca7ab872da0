"""Sentiment labels of texts: classes and weights from the ratings and CSAT scores of customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.texts.lexicon import SENTIMENT_CLASSES

RATING_COLUMNS = (
    "label_group",
    "written_on",
    "text",
    "rating",
    "csat_score",
    "is_first",
    "is_last",
)
# A CSAT score rates the service. A ticket's last message reflects it, earlier messages hardly do.
RATING_WEIGHT, LAST_MESSAGE_WEIGHT, OTHER_MESSAGE_WEIGHT = 1.0, 0.5, 0.2
# A good CSAT score does not make the first message, a question, a positive text: it is neutral.
NEUTRAL_SCORE = 3.0
# Upper ends of the classes negative and neutral, on a scale from 1 to 5.
MAX_NEGATIVE, MAX_NEUTRAL = 2.5, 3.5

Places = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class RatedTexts:
    """Texts with the sentiment classes that their ratings give; arrays of shape (texts,).

    `labels` are positions in `SENTIMENT_CLASSES`, `rows` positions in the source table. Texts of a
    group share one rating, such as the messages of a ticket.
    """

    texts: list[str]
    groups: list[str]
    days: list[date]
    labels: Places
    weights: Values
    rows: Places

    def __len__(self) -> int:
        return len(self.texts)

    def where(self, kept: NDArray[np.bool_]) -> RatedTexts:
        """The texts for which `kept`, shape (texts,), is true, in their order."""
        places = np.flatnonzero(kept)
        return RatedTexts(
            [self.texts[place] for place in places],
            [self.groups[place] for place in places],
            [self.days[place] for place in places],
            self.labels[places],
            self.weights[places],
            self.rows[places],
        )


def rated_texts(texts: pa.Table) -> RatedTexts:
    """The texts that have a rating or whose ticket has a CSAT score, both from 1 to 5.

    Args:
        texts: a table with `RATING_COLUMNS`.
    """
    found: list[tuple[str, str, date, int, float, int]] = []
    for number, row in enumerate(texts.select(RATING_COLUMNS).to_pylist()):
        score, weight = row["rating"], RATING_WEIGHT
        if score is None and row["csat_score"] is not None:
            score = row["csat_score"]
            score = min(score, NEUTRAL_SCORE) if row["is_first"] else score
            weight = LAST_MESSAGE_WEIGHT if row["is_last"] else OTHER_MESSAGE_WEIGHT
        if score is not None:
            label = SENTIMENT_CLASSES.index(_class_of(score))
            found.append(
                (row["text"], row["label_group"], row["written_on"], label, weight, number)
            )
    return RatedTexts(
        [text for text, *_ in found],
        [group for _, group, *_ in found],
        [day for _, _, day, *_ in found],
        np.array([label for *_, label, _, _ in found], dtype=np.int64),
        np.array([weight for *_, weight, _ in found], dtype=np.float64),
        np.array([number for *_, number in found], dtype=np.int64),
    )


def _class_of(score: float) -> str:
    if score < MAX_NEGATIVE:
        return "negative"
    return "neutral" if score <= MAX_NEUTRAL else "positive"
