"""Trees of an XGBoost booster, read from its JSON format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

_NO_CHILD = -1


@dataclass(frozen=True)
class Split:
    """Test of an inner node: whether a row goes to the left child.

    Attributes:
        feature: column of the matrix.
        threshold: smaller values go left; NaN where `categories` decide.
        categories: codes that go right; None for a number.
        unknown_goes_left: whether NaN goes left.
    """

    feature: int
    threshold: np.float32
    categories: NDArray[np.float32] | None
    unknown_goes_left: bool

    def goes_left(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Test each value of the feature: true if it goes left, shape (rows,)."""
        if self.categories is not None:
            left = ~np.isin(values, self.categories)
            return left if self.unknown_goes_left else left & ~np.isnan(values)
        # A comparison with NaN is false.
        return ~(values >= self.threshold) if self.unknown_goes_left else values < self.threshold


@dataclass(frozen=True)
class Tree:
    """A tree; node 0 is the root.

    Attributes:
        splits: test by inner node.
        children: left and right child by inner node.
        values: value by leaf.
        weights: sum of the hessians of the training rows by node, shape (nodes,).
    """

    splits: Mapping[int, Split]
    children: Mapping[int, tuple[int, int]]
    values: Mapping[int, float]
    weights: NDArray[np.float64]

    def inner_nodes(self, node: int) -> list[int]:
        """The inner nodes of the subtree below and including a node, from the top."""
        if node not in self.children:
            return []
        left, right = self.children[node]
        return [node, *self.inner_nodes(left), *self.inner_nodes(right)]

    def depth(self, node: int = 0) -> int:
        """Most inner nodes on a path from a node to a leaf."""
        return 1 + max(map(self.depth, self.children[node])) if node in self.children else 0


def trees_of(booster: xgb.Booster) -> list[Tree]:
    """The trees of a booster; their leaves are added to the margin."""
    stored = json.loads(booster.save_raw("json"))
    return [_tree(tree) for tree in stored["learner"]["gradient_booster"]["model"]["trees"]]


def _tree(stored: Mapping[str, Any]) -> Tree:
    children = {
        node: (left, right)
        for node, (left, right) in enumerate(
            zip(stored["left_children"], stored["right_children"], strict=True)
        )
        if left != _NO_CHILD
    }
    categories = _categories(stored)
    splits = {
        node: Split(
            feature=stored["split_indices"][node],
            threshold=np.float32(stored["split_conditions"][node]),
            categories=categories.get(node),
            unknown_goes_left=bool(stored["default_left"][node]),
        )
        for node in children
    }
    # XGBoost keeps the value of a leaf where other nodes have their threshold.
    values = {
        node: float(value)
        for node, value in enumerate(stored["split_conditions"])
        if node not in children
    }
    return Tree(splits, children, values, np.array(stored["sum_hessian"], dtype=float))


def _categories(stored: Mapping[str, Any]) -> dict[int, NDArray[np.float32]]:
    """The categories that go right, by node."""
    codes = np.array(stored["categories"], dtype=np.float32)
    return {
        node: codes[start : start + size]
        for node, start, size in zip(
            stored["categories_nodes"],
            stored["categories_segments"],
            stored["categories_sizes"],
            strict=True,
        )
    }
