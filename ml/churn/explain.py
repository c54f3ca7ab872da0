"""Explanations: the topics that raise a customer's risk most, and the main cause of churn.

A feature is a reason only if its value is known and inside the bounds of the catalogue, because no
returns are no reason, and if customers with such values have been measured to churn more often than
others (`ml.churn.reason_evidence`). Most features that raise the risk are symptoms of churn for any
cause, such as recency and fewer orders. Symptoms give reasons and count towards no cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.schemas import CAUSES, SchemaError

REASONS = 3
# Log odds by which the main cause must exceed the next one: a factor of 1.16 of the odds. Among the
# customers who churned for a planted cause in three demo companies of 5,000, 30 to 42 % have a main
# cause in their last month, and 68 to 77 % of these are the true one. At 0.1 it was 39 and 49 % and
# 71 and 63 % in two of the companies. Without a threshold 47 % were the true one, and a classifier
# trained on the true causes of two companies reached 52 % in the third.
CLEAR_LEAD = 0.15


@dataclass(frozen=True)
class Meaning:
    """Entry of the feature catalogue.

    Args:
        cause: one of the five causes of churn; None for a symptom of any of them.
        topic: subject of the feature. Features of one topic repeat each other, such as the days
            since the last order and their ratio to the mean inter-purchase interval.
        sign: monotone constraint, 1 if a greater value can only raise the risk, −1 if it can only
            lower it, 0 without a constraint.
        told_above: the feature is a reason only above this value; None for any value.
        told_below: the feature is a reason only below this value; None for any value.
    """

    cause: str | None
    topic: str
    sign: int = 0
    told_above: float | None = None
    told_below: float | None = None


# Entries by the name of their feature.
Catalogue = Mapping[str, Meaning]


def is_told(meaning: Meaning, values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return whether each value of a feature is known and inside the bounds of the catalogue."""
    # A comparison with NaN is false, so an unknown value is no reason.
    above = -np.inf if meaning.told_above is None else meaning.told_above
    below = np.inf if meaning.told_below is None else meaning.told_below
    return (values > above) & (values < below)


@dataclass(frozen=True)
class Explanation:
    """Index of the main cause, shape (rows,), and of the reasons' features, shape (rows, 3).

    −1 stands for no cause or reason.
    """

    main_cause: NDArray[np.int8]
    reasons: NDArray[np.int16]


class Explainer:
    """Explanations of contributions, for one order of features and one catalogue."""

    def __init__(self, features: Sequence[str], catalogue: Catalogue) -> None:
        """Look up the entry of each feature; a feature without one gives no reason.

        Raises:
            SchemaError: the catalogue has a cause that is not one of the five, or a topic with two
                causes.
        """
        causes = _cause_of_topics(catalogue)
        known = [catalogue.get(name) for name in features]
        topics = sorted({meaning.topic for meaning in known if meaning})
        self._by_topic = _one_hot([meaning.topic if meaning else None for meaning in known], topics)
        self._by_cause = _one_hot([causes[topic] for topic in topics], CAUSES)
        self._meanings = known

    def explain(
        self,
        contributions: NDArray[np.float32],
        values: NDArray[np.float32],
        separates: NDArray[np.bool_] | None = None,
    ) -> Explanation:
        """Explain rows by contributions and values of the features, both (rows, features).

        A contribution whose value is unknown or outside the catalogue's bounds may lower the sum of
        its topic and not raise it. The reasons are the three topics with the largest positive sums,
        in descending order, or fewer if fewer raise the risk. Each is represented by the feature
        with the largest contribution whose value separates churned from retained customers; a topic
        without such a feature is no reason. The main cause is the one with the largest sum over
        topics that raise the risk, if it exceeds the next by more than `CLEAR_LEAD`.

        Args:
            contributions: contribution of each feature to the log odds.
            values: values of the features, NaN where unknown.
            separates: values that have been measured to separate, of the same shape; None for all.
        """
        is_reason = np.column_stack(
            [
                is_told(meaning, own) if meaning else np.isfinite(own)
                for meaning, own in zip(self._meanings, values.T, strict=True)
            ]
        )
        counted = np.where(is_reason, contributions, np.minimum(contributions, 0))
        raising = np.maximum(counted @ self._by_topic, 0)
        named = counted if separates is None else np.where(separates, counted, 0)
        is_named = np.maximum(named, 0) @ self._by_topic > 0
        return Explanation(
            self._main_cause(raising), self._reasons(named, np.where(is_named, raising, 0))
        )

    def _main_cause(self, raising: NDArray[np.float32]) -> NDArray[np.int8]:
        sums = raising @ self._by_cause
        second, first = np.partition(sums, -2, axis=1)[:, -2:].T
        is_clear = first - second > CLEAR_LEAD
        return np.where(is_clear, sums.argmax(axis=1), -1).astype(np.int8)

    def _reasons(
        self, named: NDArray[np.float32], raising: NDArray[np.float32]
    ) -> NDArray[np.int16]:
        remaining = raising.copy()
        reasons = np.full((len(remaining), REASONS), -1, dtype=np.int16)
        rows = np.arange(len(remaining))
        for place in range(min(REASONS, remaining.shape[1])):
            topic = remaining.argmax(axis=1)
            found = remaining[rows, topic] > 0
            # A topic with a sum has a positive part, so a feature of another topic, 0 here, is
            # never chosen.
            feature = (named * self._by_topic.T[topic]).argmax(axis=1)
            reasons[found, place] = feature[found]
            remaining[rows, topic] = 0
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
    """Indicator matrix of shape (groups, names)."""
    return np.array(
        [[group == name for name in names] for group in groups], dtype=np.float32
    ).reshape(len(groups), len(names))
