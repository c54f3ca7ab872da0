"""Why a customer is at risk: the topics that raise the risk most, and the cause they speak for.

A feature speaks only where its value is known and tells something: nobody is at risk for having
returned nothing. Most of what moves the risk is how any leaving looks, whatever its cause (the
pause, fewer orders); such features give reasons and speak for no cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.schemas import CAUSES, SchemaError

REASONS = 3
# Log odds by which a cause must lead the next to be named, so that it alone raises the odds by a
# sixth more than any other. Of those who left three planted companies of 5,000 for a cause, 30 to
# 42 % have one named in their last month, and for 68 to 77 % of them it is the true one; at 0.1, of
# two of the companies, 39 and 49 %, and 71 and 63 %. Naming the first for everybody was right for
# 47 %, and a classifier taught the true causes of two companies for 52 % in a third: the others
# leave nothing behind that tells their cause.
CLEAR_LEAD = 0.15


@dataclass(frozen=True)
class Meaning:
    """What a feature stands for.

    Args:
        cause: one of the five causes of leaving; None for a symptom of any of them.
        topic: what it is a figure of. Features of one topic tell a reader the same thing, such as
            the days since the last order and their ratio to the usual pause.
        sign: 1 where more of it can only raise the risk, −1 where more of it can only lower it, 0
            where the business does not know.
        told_above: it is a reason only above this value; None for any value.
        told_below: it is a reason only below this value; None for any value.
    """

    cause: str | None
    topic: str
    sign: int = 0
    told_above: float | None = None
    told_below: float | None = None


# Meanings by the name of their feature.
Catalogue = Mapping[str, Meaning]


@dataclass(frozen=True)
class Explanation:
    """Per row: index into the causes, and indices into the features, −1 where there is none.

    Shapes (rows,) and (rows, 3).
    """

    main_cause: NDArray[np.int8]
    reasons: NDArray[np.int16]


class Explainer:
    """Contributions to explanations, for one order of features and one catalogue."""

    def __init__(self, features: Sequence[str], catalogue: Catalogue) -> None:
        """Look up each feature's meaning; a feature without one gives no reason.

        Raises:
            SchemaError: the catalogue names a cause that is not one of the five, or gives one topic
                to two causes.
        """
        causes = _cause_of_topics(catalogue)
        known = [catalogue.get(name) for name in features]
        topics = sorted({meaning.topic for meaning in known if meaning})
        self._by_topic = _one_hot([meaning.topic if meaning else None for meaning in known], topics)
        self._by_cause = _one_hot([causes[topic] for topic in topics], CAUSES)
        self._told_above = _bounds([m.told_above if m else None for m in known], -np.inf)
        self._told_below = _bounds([m.told_below if m else None for m in known], np.inf)

    def explain(
        self, contributions: NDArray[np.float32], values: NDArray[np.float32]
    ) -> Explanation:
        """Explain rows of contributions by the features' values, both of shape (rows, features).

        What cannot be told may lower a topic's sum and not raise it. The reasons are the three
        topics with the largest positive sums, in this order, fewer where fewer raise the risk; each
        is spoken by the feature that raises it most. The main cause is the one whose topics that
        raise the risk have the largest sum, if that leads the next by more than `CLEAR_LEAD`.

        Args:
            contributions: what each feature adds to the log odds.
            values: the features themselves, NaN where unknown.
        """
        # A comparison with NaN is false: what is unknown is not told.
        told = (values > self._told_above) & (values < self._told_below)
        speaking = np.where(told, contributions, np.minimum(contributions, 0))
        raising = np.maximum(speaking @ self._by_topic, 0)
        return Explanation(self._main_cause(raising), self._reasons(speaking, raising))

    def _main_cause(self, raising: NDArray[np.float32]) -> NDArray[np.int8]:
        sums = raising @ self._by_cause
        second, first = np.partition(sums, -2, axis=1)[:, -2:].T
        is_clear = first - second > CLEAR_LEAD
        return np.where(is_clear, sums.argmax(axis=1), -1).astype(np.int8)

    def _reasons(
        self, speaking: NDArray[np.float32], raising: NDArray[np.float32]
    ) -> NDArray[np.int16]:
        left = raising.copy()
        reasons = np.full((len(left), REASONS), -1, dtype=np.int16)
        rows = np.arange(len(left))
        for place in range(min(REASONS, left.shape[1])):
            topic = left.argmax(axis=1)
            found = left[rows, topic] > 0
            # A positive sum has a positive part, so a zero of another topic never speaks.
            spoken = (speaking * self._by_topic.T[topic]).argmax(axis=1)
            reasons[found, place] = spoken[found]
            left[rows, topic] = 0
        return reasons


def _cause_of_topics(catalogue: Catalogue) -> dict[str, str | None]:
    unknown = sorted({meaning.cause for meaning in catalogue.values() if meaning.cause} - {*CAUSES})
    if unknown:
        raise SchemaError(f"unknown causes in the feature catalogue: {', '.join(unknown)}")
    causes: dict[str, str | None] = {}
    for feature, meaning in catalogue.items():
        cause = causes.setdefault(meaning.topic, meaning.cause)
        if cause != meaning.cause:
            raise SchemaError(
                f"the topic {meaning.topic} of the feature catalogue has several causes: {cause} "
                f"and, of {feature}, {meaning.cause}"
            )
    return causes


def _one_hot(groups: Sequence[str | None], names: Sequence[str]) -> NDArray[np.float32]:
    """Shape (groups, names): 1 where the group is that one."""
    return np.array(
        [[group == name for name in names] for group in groups], dtype=np.float32
    ).reshape(len(groups), len(names))


def _bounds(bounds: Sequence[float | None], everything: float) -> NDArray[np.float32]:
    return np.array([everything if bound is None else bound for bound in bounds], dtype=np.float32)
