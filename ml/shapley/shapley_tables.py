"""Exact Shapley values of trees by table look-up.

The values are those of path-dependent TreeSHAP (Lundberg, Erion, Lee: Consistent Individualized
Feature Attribution for Tree Ensembles, 2018, algorithm 2), as XGBoost's `pred_contribs`. Which way
a row goes at the inner nodes of a tree decides its values, and nothing else does. A block is a
subtree with the path to it, of at most `MOST_NODES` nodes: the value of each feature is computed
for all outcomes of their tests, and then looked up for each row. Fast TreeSHAP (Yang, 2021, version
2) has such tables for each leaf.

17,418 customers and 267 trees of depth 4 take 0.3 s of CPU, and with `pred_contribs` 5.7 s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import factorial

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from ml.shapley.stored_trees import Split, Tree, trees_of

# A block's table has two to this power of rows.
MOST_NODES = 8
# A path of so many nodes has tables of up to 64 rows for each of its 64 leaves.
MOST_DEPTH = 6


@dataclass(frozen=True)
class Block:
    """Leaves of a tree, and what they contribute by the outcome of the tests above them.

    Attributes:
        nodes: tested nodes, at most `MOST_NODES`. Bit i of a row's outcome is 1 if the row goes
            left at node i.
        features: columns of the matrix that the nodes test.
        values: contribution by feature and outcome, shape (features, 2 ** nodes).
    """

    nodes: tuple[int, ...]
    features: tuple[int, ...]
    values: NDArray[np.float64]


class ShapleyTables:
    """Tables of a booster's trees."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        """Compute the tables, which takes 0.7 ms for a tree of depth 4."""
        self._trees = [(tree.splits, _blocks(tree)) for tree in trees]

    @classmethod
    def of(cls, booster: xgb.Booster) -> ShapleyTables | None:
        """The tables of a booster; None if one of its trees is deeper than `MOST_DEPTH`."""
        trees = trees_of(booster)
        return None if any(tree.depth() > MOST_DEPTH for tree in trees) else cls(trees)

    def contributions(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Contribution of each feature to the margin of each row, of the shape of `values`."""
        columns = np.ascontiguousarray(values.T)
        total = np.zeros(columns.shape)
        for splits, blocks in self._trees:
            left = {node: _goes_left(split, columns) for node, split in splits.items()}
            for block in blocks:
                outcome = np.zeros(len(values), dtype=np.uint8)
                for bit, node in enumerate(block.nodes):
                    outcome |= left[node] << np.uint8(bit)
                # `take` converts the type of other indices in each call.
                index = outcome.astype(np.intp)
                for feature, by_outcome in zip(block.features, block.values, strict=True):
                    total[feature] += by_outcome.take(index)
        return total.T.astype(np.float32)


def _goes_left(split: Split, columns: NDArray[np.float32]) -> NDArray[np.uint8]:
    return split.goes_left(columns[split.feature]).view(np.uint8)


# Whether the path to a node goes left, by the nodes on it.
Path = dict[int, bool]


def _blocks(tree: Tree) -> list[Block]:
    """The blocks of a tree, which have all its leaves."""
    parts = list(_parts(tree, 0, {}))
    leaves = [_Leaf.of(tree, *found) for _, below in parts for found in below]
    most = max(len(leaf.features) for leaf in leaves)
    of_leaves = iter(zip(leaves, _shapley_values(leaves, most), strict=True))
    return [_block(tree, nodes, list(islice(of_leaves, len(below)))) for nodes, below in parts]


def _parts(
    tree: Tree, node: int, path: Path
) -> Iterator[tuple[tuple[int, ...], list[tuple[int, Path]]]]:
    """Nodes and leaves of the blocks below a node: one block, if there are few enough nodes."""
    nodes = (*path, *tree.inner_nodes(node))
    if len(nodes) <= MOST_NODES:
        yield nodes, list(_leaves(tree, node, path))
        return
    left, right = tree.children[node]
    yield from _parts(tree, left, {**path, node: True})
    yield from _parts(tree, right, {**path, node: False})


def _leaves(tree: Tree, node: int, path: Path) -> Iterator[tuple[int, Path]]:
    """The leaves of the subtree of a node, each with its path from the root."""
    if node not in tree.children:
        yield node, path
        return
    left, right = tree.children[node]
    yield from _leaves(tree, left, {**path, node: True})
    yield from _leaves(tree, right, {**path, node: False})


@dataclass(frozen=True)
class _Leaf:
    """A leaf with the tests on its path.

    Attributes:
        value: what it adds to the margin.
        path: whether the path goes left, by node.
        features: the features that are tested, each once.
        shares: share of the training rows that pass the tests of each feature.
    """

    value: float
    path: Path
    features: tuple[int, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, tree: Tree, leaf: int, path: Path) -> _Leaf:
        shares: dict[int, float] = {}
        for node, goes_left in path.items():
            feature = tree.splits[node].feature
            child = tree.children[node][0 if goes_left else 1]
            passed = float(tree.weights[child] / tree.weights[node])
            shares[feature] = shares.get(feature, 1.0) * passed
        return cls(tree.values[leaf], path, tuple(shares), tuple(shares.values()))


def _block(
    tree: Tree, nodes: tuple[int, ...], leaves: Sequence[tuple[_Leaf, NDArray[np.float64]]]
) -> Block:
    """A block's table: the sum over its leaves, each by the features whose tests a row passes."""
    features = tuple(sorted({tree.splits[node].feature for node in nodes}))
    outcomes = np.arange(2 ** len(nodes))
    is_left = {node: (outcomes >> bit & 1).astype(bool) for bit, node in enumerate(nodes)}
    values = np.zeros((len(features), len(outcomes)))
    for leaf, by_passed in leaves:
        passes = {feature: np.ones(len(outcomes), dtype=bool) for feature in leaf.features}
        for node, goes_left in leaf.path.items():
            passes[tree.splits[node].feature] &= is_left[node] == goes_left
        passed = np.zeros(len(outcomes), dtype=np.intp)
        for place, feature in enumerate(leaf.features):
            passed |= passes[feature].astype(np.intp) << place
        for place, feature in enumerate(leaf.features):
            values[features.index(feature)] += by_passed[place].take(passed)
    return Block(nodes, features, values)


def _shapley_values(leaves: Sequence[_Leaf], most: int) -> NDArray[np.float64]:
    """Shapley values of leaves, shape (leaves, most, 2 ** most).

    The last axis is the set of the features whose tests a row passes: bit i is the leaf's feature
    i. The worth of a set of known features is the leaf's value times, for each known feature,
    whether its tests are passed, and for each other feature its share. A leaf with fewer than
    `most` features has further ones that are always passed, which change no value.
    """
    shares = np.array([(*leaf.shares, *[1.0] * (most - len(leaf.shares))) for leaf in leaves])
    shares = shares.reshape(len(leaves), most, 1)
    bits = np.arange(2**most) >> np.arange(most)[:, None] & 1
    is_own = np.array([[place < len(leaf.shares) for place in range(most)] for leaf in leaves])
    passes = np.where(is_own.reshape(len(leaves), most, 1), bits, 1)
    leaf_values = np.array([leaf.value for leaf in leaves])[:, None]
    values = np.empty(passes.shape)
    for place in range(most):
        # Coefficient s is the sum of the worths over all sets of s other features.
        by_size = [np.ones(passes[:, 0].shape)]
        for other in range(most):
            if other != place:
                unknown = [worth * shares[:, other] for worth in by_size]
                known = [worth * passes[:, other] for worth in by_size]
                by_size = [
                    unknown[0],
                    *(one + two for one, two in zip(unknown[1:], known[:-1], strict=True)),
                    known[-1],
                ]
        orders = [factorial(size) * factorial(most - size - 1) for size in range(most)]
        mean = np.tensordot(np.array(orders) / factorial(most), np.array(by_size), axes=1)
        values[:, place] = leaf_values * (passes[:, place] - shares[:, place]) * mean
    return values
