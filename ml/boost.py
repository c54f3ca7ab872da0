"""Gradient boosting with early stopping, and nothing else.

The caller should set OMP_WAIT_POLICY=passive before XGBoost is imported: on a busy machine waiting
threads otherwise spin, and training took three to four times as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from ml.config import TrainingSettings
from ml.preprocess import Preprocessor

# Rows below which a depth and a learning rate serve. A shop of 4,000 rows lost 0.007 of ROC AUC
# at depth 4 against depth 2. On simulated customers, 100,000 rows and more, depth 6 gained 0.0015
# but made exact explanations six times as slow; a rate of 0.2 lost 0.003 against 0.1 and left 139
# trees of 312, which every daily run reads again for every customer.
TREES_BY_ROWS = ((10_000, 2, 0.05), (100_000, 4, 0.05), (math.inf, 4, 0.2))


@dataclass(frozen=True)
class Boosted:
    """A booster cut after its best round, as UBJSON, and each feature's share of the total gain."""

    booster: bytes
    rounds: int
    max_depth: int
    gains: dict[str, float]


def boost(
    train: tuple[NDArray[np.float32], NDArray[np.bool_]],
    stopping: tuple[NDArray[np.float32], NDArray[np.bool_]],
    preprocessor: Preprocessor,
    settings: TrainingSettings,
) -> Boosted:
    """Boost trees on `train` until the log loss on `stopping` no longer falls.

    Both are a matrix of shape (rows, features) with its labels. Rows in the same order and the same
    settings give the same bytes.
    """
    columns = {
        "feature_names": preprocessor.names,
        "feature_types": preprocessor.types,
        "enable_categorical": True,
        "nthread": settings.threads,
    }
    depth, rate = next(
        (depth, rate) for limit, depth, rate in TREES_BY_ROWS if len(train[1]) < limit
    )
    max_depth = depth if settings.max_depth is None else settings.max_depth
    fitted = xgb.QuantileDMatrix(train[0], label=train[1], max_bin=settings.max_bin, **columns)
    # Not quantised: predicting from a quantised matrix took six times as long, every round.
    judged = xgb.DMatrix(stopping[0], label=stopping[1], **columns)
    booster = xgb.train(
        {
            "objective": "binary:logistic",
            "eval_metric": "logloss",
            "tree_method": "hist",
            "max_bin": settings.max_bin,
            "learning_rate": rate if settings.learning_rate is None else settings.learning_rate,
            "max_depth": max_depth,
            "min_child_weight": settings.min_child_weight,
            "subsample": settings.subsample,
            "colsample_bytree": settings.colsample_bytree,
            "reg_lambda": settings.reg_lambda,
            "seed": settings.seed,
            "nthread": settings.threads,
            "verbosity": 0,
        },
        fitted,
        num_boost_round=settings.max_rounds,
        evals=[(judged, "stopping")],
        early_stopping_rounds=settings.early_stopping_rounds,
        verbose_eval=False,
    )
    rounds = booster.best_iteration + 1
    best = booster[:rounds]
    return Boosted(bytes(best.save_raw("ubj")), rounds, max_depth, _gain_shares(best))


def no_trees(preprocessor: Preprocessor) -> Boosted:
    """A booster of the same features without a tree: its margin is 0 for everybody."""
    nobody = xgb.DMatrix(
        np.full((1, len(preprocessor.names)), np.nan, dtype=np.float32),
        label=np.zeros(1),
        feature_names=preprocessor.names,
        feature_types=preprocessor.types,
        enable_categorical=True,
    )
    settings = {"objective": "binary:logistic", "base_score": 0.5}
    booster = xgb.train(settings, nobody, num_boost_round=0)
    return Boosted(bytes(booster.save_raw("ubj")), rounds=0, max_depth=0, gains={})


def _gain_shares(booster: xgb.Booster) -> dict[str, float]:
    gains = {
        name: float(np.sum(gain))
        for name, gain in booster.get_score(importance_type="total_gain").items()
    }
    total = sum(gains.values()) or 1.0
    return {name: gain / total for name, gain in sorted(gains.items(), key=lambda item: -item[1])}
