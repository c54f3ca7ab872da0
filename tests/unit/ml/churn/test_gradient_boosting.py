from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import xgboost as xgb

from ml.churn.gradient_boosting import (
    BoostingData,
    depth_and_rate,
    empty_booster,
    fit_booster,
    matrix_of,
    refit_booster,
)
from ml.churn.preprocess import Preprocessor
from ml.config import TrainingSettings
from ml.metrics.classification import log_loss_of_margins

SETTINGS = TrainingSettings(max_rounds=200)


def planted(rows: int, seed: int, effect: float) -> tuple[Preprocessor, BoostingData]:
    """One feature with an effect on the log odds, at a base margin of zero."""
    random = np.random.default_rng(seed)
    x = random.normal(size=rows)
    table = pa.table({"x": x, "noise": random.normal(size=rows)})
    labels = random.random(rows) < 1 / (1 + np.exp(-effect * x))
    preprocessor = Preprocessor.fit(table)
    return preprocessor, BoostingData(preprocessor.transform(table), labels, np.zeros(rows))


def margins_of(booster: bytes, data: BoostingData, preprocessor: Preprocessor) -> np.ndarray:
    loaded = xgb.Booster(model_file=bytearray(booster))
    rows = matrix_of(data.matrix, data.margins, preprocessor)
    return np.asarray(loaded.predict(rows, output_margin=True), dtype=float)


def test_trees_reduce_the_loss_of_the_base_margin_and_the_same_rows_give_the_same_bytes() -> None:
    preprocessor, train = planted(3_000, 1, effect=1.5)
    _, stopping = planted(1_000, 2, effect=1.5)

    found = fit_booster(train, stopping, preprocessor, SETTINGS)

    assert found.rounds > 0
    assert found.loss < log_loss_of_margins(stopping.labels, stopping.margins) - 0.1
    margins = margins_of(found.booster, stopping, preprocessor)
    assert log_loss_of_margins(stopping.labels, margins) == pytest.approx(found.loss, abs=1e-5)
    assert fit_booster(train, stopping, preprocessor, SETTINGS).booster == found.booster


def test_without_a_gain_on_later_rows_there_are_no_trees_and_the_margin_stays() -> None:
    preprocessor, train = planted(500, 3, effect=1.5)
    _, later = planted(500, 4, effect=-1.5)
    later = replace(later, margins=np.linspace(-1, 1, 500))

    # Both features in every tree: a first tree on noise alone may gain by chance.
    found = fit_booster(train, later, preprocessor, replace(SETTINGS, colsample_bytree=1.0))

    assert (found.rounds, found.max_depth) == (0, 0)
    assert found.loss == log_loss_of_margins(later.labels, later.margins)
    np.testing.assert_allclose(
        margins_of(found.booster, later, preprocessor), later.margins, atol=1e-6
    )
    assert refit_booster(train, 0, preprocessor, SETTINGS).booster == found.booster
    assert empty_booster(preprocessor).booster == found.booster


def test_a_monotone_constraint_holds_against_the_data() -> None:
    preprocessor, train = planted(3_000, 4, effect=-2.0)
    found = refit_booster(train, 20, preprocessor, SETTINGS, {"x": 1})
    grid = np.column_stack([np.linspace(-3, 3, 50), np.zeros(50)]).astype(np.float32)

    margins = margins_of(
        found.booster, BoostingData(grid, np.zeros(50, bool), np.zeros(50)), preprocessor
    )

    assert (np.diff(margins) >= 0).all()


@pytest.mark.parametrize(
    ("rows", "expected"), [(9_999, (3, 0.05)), (99_999, (3, 0.05)), (100_000, (4, 0.2))]
)
def test_depth_and_rate_follow_the_rows_unless_they_are_set(
    rows: int, expected: tuple[int, float]
) -> None:
    assert depth_and_rate(rows, SETTINGS) == expected
    assert depth_and_rate(rows, replace(SETTINGS, max_depth=2, learning_rate=0.1)) == (2, 0.1)


def test_a_sample_is_boosted_as_the_rows_that_it_was_drawn_from() -> None:
    assert depth_and_rate(9_999, replace(SETTINGS, sampled_from=500_000)) == (4, 0.2)
    assert depth_and_rate(100_000, replace(SETTINGS, sampled_from=9_999)) == (4, 0.2)
