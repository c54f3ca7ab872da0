"""Bins of a feature: fixed with the model, so that all days are counted in the same bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import is_text, most_frequent, numbers, value_type

DECILES = np.arange(1, 10) / 10
# Rarer values of a text share a bin.
MAX_CATEGORIES = 20


@dataclass(frozen=True)
class FeatureBins:
    """Bins of one feature; each list has one entry per bin.

    `kinds` are `range` (lower < value ≤ upper, None for an open end), `value` (a category), `other`
    for all other categories, and last `unknown`.
    """

    kinds: list[str]
    lowers: list[float | None]
    uppers: list[float | None]
    categories: list[str | None]

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def fit(cls, values: pa.ChunkedArray) -> FeatureBins:
        """Bin numbers at the deciles of their known values, texts by their most frequent values."""
        if is_text(values.type) or pa.types.is_boolean(value_type(values.type)):
            return cls._of_values(most_frequent(values, MAX_CATEGORIES))
        read = numbers(values)
        known = read[~np.isnan(read)]
        if len(known) == 0:
            return cls._of_edges([])
        return cls._of_edges(np.unique(np.quantile(known, DECILES, method="inverted_cdf")).tolist())

    @classmethod
    def of(cls, rows: pa.Table) -> FeatureBins:
        """Bins from the rows of one feature of a reference."""
        return cls(*(rows[name].to_pylist() for name in ("kind", "lower", "upper", "category")))

    @classmethod
    def _of_values(cls, categories: list[str]) -> FeatureBins:
        size = len(categories) + 2
        nothing: list[float | None] = [None] * size
        kinds = [*(["value"] * len(categories)), "other", "unknown"]
        return cls(kinds, nothing, nothing, [*categories, None, None])

    @classmethod
    def _of_edges(cls, edges: list[float]) -> FeatureBins:
        kinds = [*(["range"] * (len(edges) + 1)), "unknown"]
        nothing: list[str | None] = [None] * len(kinds)
        return cls(kinds, [None, *edges, None], [*edges, None, None], nothing)

    def count(self, values: pa.ChunkedArray) -> NDArray[np.int64]:
        """Number of rows in each bin, shape (bins,)."""
        if "range" in self.kinds:
            read = numbers(values)
            edges = [edge for edge in self.uppers if edge is not None]
            places = np.searchsorted(edges, read, side="left")
            places[np.isnan(read)] = len(self) - 1
        else:
            named = pa.array(
                [name for name in self.categories if name is not None], type=pa.string()
            )
            text = values.cast(pa.string())
            found = pc.fill_null(pc.index_in(text, value_set=named), len(self) - 2)
            found = pc.if_else(pc.is_null(text), len(self) - 1, found)
            places = np.asarray(found.to_numpy())
        return np.bincount(places, minlength=len(self))
