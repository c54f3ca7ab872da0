"""Why a customer is at risk: contributions summed by cause, and the features that weigh most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.schemas import CAUSES, SchemaError

REASONS = 3


@dataclass(frozen=True)
class Explanation:
    """Per row: index into the causes, and indices into the features, −1 where there is none.

    Shapes (rows,) and (rows, 3).
    """

    main_cause: NDArray[np.int8]
    reasons: NDArray[np.int16]


class Explainer:
    """Contributions to explanations, for one order of features and one catalogue."""

    def __init__(self, features: Sequence[str], causes: Mapping[str, str]) -> None:
        """Look up each feature's cause; a feature without one gives no reason.

        Raises:
            SchemaError: the catalogue names a cause that is not one of the five.
        """
        unknown = sorted(set(causes.values()) - set(CAUSES))
        if unknown:
            raise SchemaError(f"unknown causes in the feature catalogue: {', '.join(unknown)}")
        self._by_cause = np.array(
            [[causes.get(name) == cause for cause in CAUSES] for name in features], dtype=np.float32
        )
        self._has_cause = self._by_cause.any(axis=1)

    def explain(self, contributions: NDArray[np.float32]) -> Explanation:
        """Explain rows of contributions, shape (rows, features).

        The main cause is the one with the largest positive sum; the reasons are the three features
        that raise the risk most, in this order, fewer where fewer raise it.
        """
        sums = contributions @ self._by_cause
        main = sums.argmax(axis=1)
        main[sums[np.arange(len(sums)), main] <= 0] = -1
        return Explanation(main.astype(np.int8), self._reasons(contributions))

    def _reasons(self, contributions: NDArray[np.float32]) -> NDArray[np.int16]:
        raising = np.where(self._has_cause & (contributions > 0), contributions, 0)
        reasons = np.full((len(raising), REASONS), -1, dtype=np.int16)
        rows = np.arange(len(raising))
        for place in range(min(REASONS, raising.shape[1])):
            top = raising.argmax(axis=1)
            found = raising[rows, top] > 0
            reasons[found, place] = top[found]
            raising[rows, top] = 0
        return reasons
