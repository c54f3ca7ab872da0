"""Why a customer is at risk: contributions summed by cause, and the topics that weigh most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.schemas import CAUSES, SchemaError

REASONS = 3


@dataclass(frozen=True)
class Meaning:
    """What a feature stands for: one of the five causes, and the topic it is a figure of.

    `sign` is 1 where more of it can only raise the risk, −1 where more of it can only lower it, and
    0 where the business does not know. Features of one topic tell a reader the same thing, such as
    the days since the last order and their ratio to the usual pause.
    """

    cause: str
    topic: str
    sign: int = 0


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
            SchemaError: the catalogue names a cause that is not one of the five.
        """
        unknown = sorted({meaning.cause for meaning in catalogue.values()} - set(CAUSES))
        if unknown:
            raise SchemaError(f"unknown causes in the feature catalogue: {', '.join(unknown)}")
        known = [catalogue.get(name) for name in features]
        topics = sorted({meaning.topic for meaning in known if meaning})
        causes = [meaning.cause if meaning else None for meaning in known]
        self._by_cause = _one_hot(causes, CAUSES)
        self._by_topic = _one_hot([meaning.topic if meaning else None for meaning in known], topics)

    def explain(self, contributions: NDArray[np.float32]) -> Explanation:
        """Explain rows of contributions, shape (rows, features).

        The main cause is the one with the largest positive sum. The reasons are the three topics
        with the largest positive sums, in this order, fewer where fewer raise the risk; each is
        spoken by the feature that raises it most.
        """
        sums = contributions @ self._by_cause
        main = sums.argmax(axis=1)
        main[sums[np.arange(len(sums)), main] <= 0] = -1
        return Explanation(main.astype(np.int8), self._reasons(contributions))

    def _reasons(self, contributions: NDArray[np.float32]) -> NDArray[np.int16]:
        sums = contributions @ self._by_topic
        reasons = np.full((len(sums), REASONS), -1, dtype=np.int16)
        rows = np.arange(len(sums))
        for place in range(min(REASONS, sums.shape[1])):
            topic = sums.argmax(axis=1)
            found = sums[rows, topic] > 0
            # A positive sum has a positive part, so a zero of another topic never speaks.
            spoken = (contributions * self._by_topic.T[topic]).argmax(axis=1)
            reasons[found, place] = spoken[found]
            sums[rows, topic] = 0
        return reasons


def _one_hot(groups: Sequence[str | None], names: Sequence[str]) -> NDArray[np.float32]:
    """Shape (features, names): 1 where the feature is of that group."""
    return np.array(
        [[group == name for name in names] for group in groups], dtype=np.float32
    ).reshape(len(groups), len(names))
