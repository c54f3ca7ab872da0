"""Shapley values by table: those of XGBoost, for each kind of split and each depth."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost as xgb
from numpy.typing import NDArray

from ml.shapley.shapley_tables import MOST_DEPTH, ShapleyTables

TYPES = ["q", "q", "q", "c"]


def rows_of(seed: int, rows: int = 600) -> NDArray[np.float32]:
    """Three numbers and a category, a tenth of each unknown."""
    random = np.random.default_rng(seed)
    values = np.column_stack([random.normal(size=(rows, 3)), random.integers(0, 9, rows)])
    values[random.random(values.shape) < 0.1] = np.nan
    return values.astype(np.float32)


def matrix_of(values: NDArray[np.float32]) -> xgb.DMatrix:
    return xgb.DMatrix(values, feature_types=TYPES, enable_categorical=True)


def booster_of(depth: int, rounds: int = 12) -> xgb.Booster:
    """Trees of interactions, so that features repeat on a path, and of the category."""
    values = rows_of(1)
    matrix = matrix_of(values)
    known = np.nan_to_num(values)
    matrix.set_info(label=(known[:, 0] * known[:, 1] > 0) ^ np.isin(known[:, 3], [1, 4, 6]))
    settings = {
        "max_depth": depth,
        "objective": "binary:logistic",
        "max_cat_to_onehot": 1,
        "nthread": 2,
    }
    return xgb.train(settings, matrix, num_boost_round=rounds)


@pytest.mark.parametrize("depth", range(1, MOST_DEPTH + 1))
def test_values_are_those_of_xgboost(depth: int) -> None:
    booster, values = booster_of(depth), rows_of(2)
    tables = ShapleyTables.of(booster)
    assert tables is not None

    found = tables.contributions(values)

    expected = booster.predict(matrix_of(values), pred_contribs=True)[:, :-1]
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=5e-6)


def test_a_category_that_no_row_had_goes_where_xgboost_sends_it() -> None:
    booster, values = booster_of(3), rows_of(2, rows=3)
    values[:, 3] = 40
    tables = ShapleyTables.of(booster)
    assert tables is not None

    expected = booster.predict(matrix_of(values), pred_contribs=True)[:, :-1]
    np.testing.assert_allclose(tables.contributions(values), expected, atol=5e-6)


def test_trees_without_a_split_contribute_nothing() -> None:
    values = rows_of(3, rows=5)
    matrix = matrix_of(values)
    matrix.set_info(label=np.array([0.0, 1, 0, 1, 1]))
    booster = xgb.train({"max_depth": 2, "min_child_weight": 1e6}, matrix, num_boost_round=2)
    tables = ShapleyTables.of(booster)
    assert tables is not None

    assert not tables.contributions(values).any()


def test_deeper_trees_have_no_tables() -> None:
    assert ShapleyTables.of(booster_of(MOST_DEPTH + 1)) is None
