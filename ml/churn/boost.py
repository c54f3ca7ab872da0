"""Gradient boosting on top of a simple model's margins, with early stopping, and nothing else.

The caller should set OMP_WAIT_POLICY=passive before XGBoost is imported: on a busy machine waiting
threads otherwise spin, and training took three to four times as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from ml.churn.preprocess import Preprocessor
from ml.config import TrainingSettings
from ml.metrics.evaluate import log_loss_of_margins

# Rows below which a depth and a learning rate serve. A shop of 4,000 rows lost 0.007 of ROC AUC
# at depth 4 against depth 2. On simulated customers, 100,000 rows and more, depth 6 gained 0.0015
# but made exact explanations six times as slow; a rate of 0.2 lost 0.003 against 0.1 and left 139
# trees of 312, which every daily run reads again for every customer.
TREES_BY_ROWS = ((10_000, 2, 0.05), (100_000, 4, 0.05), (math.inf, 4, 0.2))


# Who left, or what customers spent.
Labels = NDArray[np.bool_] | NDArray[np.float64]
Margins = NDArray[np.float64]


@dataclass(frozen=True)
class Objective:
    """What trees are grown for: XGBoost's names of it and of its loss, and that loss of margins.

    `neutral` is the prediction whose margin is zero.
    """

    name: str
    metric: str
    loss: Callable[[Any, Margins], float]
    neutral: float


LEAVING = Objective("binary:logistic", "logloss", log_loss_of_margins, neutral=0.5)


@dataclass(frozen=True)
class Rows:
    """A matrix of shape (rows, features), labels and the simple model's margins, (rows,)."""

    matrix: NDArray[np.float32]
    labels: Labels
    margins: Margins


@dataclass(frozen=True)
class Boosted:
    """A booster cut after its best round, as UBJSON, and its loss on the stopping rows.

    `rounds` is 0 where trees made that no smaller.
    """

    booster: bytes
    rounds: int
    max_depth: int
    loss: float


def boost(
    train: Rows,
    stopping: Rows,
    preprocessor: Preprocessor,
    settings: TrainingSettings,
    signs: Mapping[str, int] | None = None,
    objective: Objective = LEAVING,
) -> Boosted:
    """Boost trees on `train` until the loss on `stopping` no longer falls.

    Rows in the same order and the same settings give the same bytes.

    Args:
        train: what the trees are grown on.
        stopping: what says when to stop.
        preprocessor: names and types of the features.
        settings: the boosting parameters.
        signs: features whose effect may go one way only: 1 where more of it never lowers the risk,
            −1 where more of it never raises it. A category has no such order.
        objective: what the labels are, and the loss of them.
    """
    fitted = _quantised(train, preprocessor, settings)
    # Not quantised: predicting from a quantised matrix took six times as long, every round.
    judged = matrix_of(stopping.matrix, stopping.margins, preprocessor, settings.threads)
    judged.set_info(label=stopping.labels)
    parameters = _parameters(len(train.labels), preprocessor, settings, signs or {}, objective)
    booster = xgb.train(
        parameters,
        fitted,
        num_boost_round=settings.max_rounds,
        evals=[(judged, "stopping")],
        early_stopping_rounds=settings.early_stopping_rounds,
        verbose_eval=False,
    )
    without = objective.loss(stopping.labels, stopping.margins)
    if booster.best_score >= without:
        return no_trees(preprocessor, without, objective)
    rounds = booster.best_iteration + 1
    best = booster[:rounds]
    depth = parameters["max_depth"]
    return Boosted(bytes(best.save_raw("ubj")), rounds, depth, booster.best_score)


def boost_again(
    rows: Rows,
    rounds: int,
    preprocessor: Preprocessor,
    settings: TrainingSettings,
    signs: Mapping[str, int] | None = None,
) -> Boosted:
    """As many rounds as were found to be right, on more rows."""
    if rounds == 0:
        return no_trees(preprocessor)
    fitted = _quantised(rows, preprocessor, settings)
    parameters = _parameters(len(rows.labels), preprocessor, settings, signs or {}, LEAVING)
    booster = xgb.train(parameters, fitted, num_boost_round=rounds, verbose_eval=False)
    depth = parameters["max_depth"]
    return Boosted(bytes(booster.save_raw("ubj")), rounds, depth, math.nan)


def no_trees(
    preprocessor: Preprocessor, loss: float = math.nan, objective: Objective = LEAVING
) -> Boosted:
    """A booster of the same features without a tree: it adds nothing to anybody's margin."""
    nobody = matrix_of(
        np.full((1, len(preprocessor.names)), np.nan, dtype=np.float32), np.zeros(1), preprocessor
    )
    nobody.set_info(label=np.full(1, objective.neutral))
    settings = {"objective": objective.name, "base_score": objective.neutral}
    booster = xgb.train(settings, nobody, num_boost_round=0)
    return Boosted(bytes(booster.save_raw("ubj")), 0, 0, loss)


def depth_and_rate(rows: int, settings: TrainingSettings) -> tuple[int, float]:
    """Depth of the trees and learning rate: those of the settings, or what so many rows bear."""
    depth, rate = next((depth, rate) for limit, depth, rate in TREES_BY_ROWS if rows < limit)
    return (
        depth if settings.max_depth is None else settings.max_depth,
        rate if settings.learning_rate is None else settings.learning_rate,
    )


def matrix_of(
    matrix: NDArray[np.float32],
    margins: Margins | None,
    preprocessor: Preprocessor,
    threads: int = 2,
) -> xgb.DMatrix:
    """A matrix of shape (rows, features) and the margins to start from, as XGBoost reads them.

    Without margins every row starts from the booster's own `base_score`.
    """
    return xgb.DMatrix(matrix, base_margin=margins, **_columns(preprocessor, threads))


def _quantised(
    rows: Rows, preprocessor: Preprocessor, settings: TrainingSettings
) -> xgb.QuantileDMatrix:
    return xgb.QuantileDMatrix(
        rows.matrix,
        label=rows.labels,
        base_margin=rows.margins,
        max_bin=settings.max_bin,
        **_columns(preprocessor, settings.threads),
    )


def _parameters(
    rows: int,
    preprocessor: Preprocessor,
    settings: TrainingSettings,
    signs: Mapping[str, int],
    objective: Objective,
) -> dict[str, Any]:
    depth, rate = depth_and_rate(rows, settings)
    return {
        "objective": objective.name,
        "eval_metric": objective.metric,
        "tree_method": "hist",
        "base_score": objective.neutral,
        "max_bin": settings.max_bin,
        "learning_rate": rate,
        "max_depth": depth,
        "min_child_weight": settings.min_child_weight,
        "subsample": settings.subsample,
        "colsample_bytree": settings.colsample_bytree,
        "reg_lambda": settings.reg_lambda,
        "monotone_constraints": _constraints(preprocessor, signs),
        "seed": settings.seed,
        "nthread": settings.threads,
        "verbosity": 0,
    }


def _columns(preprocessor: Preprocessor, threads: int) -> dict[str, object]:
    return {
        "feature_names": preprocessor.names,
        "feature_types": preprocessor.types,
        "enable_categorical": True,
        "nthread": threads,
    }


def _constraints(preprocessor: Preprocessor, signs: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(
        0 if column.kind == "category" else signs.get(column.name, 0)
        for column in preprocessor.columns
    )
