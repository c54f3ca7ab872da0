"""Gradient boosting by XGBoost: trees on a base margin, with early stopping.

The caller should set OMP_WAIT_POLICY=passive before XGBoost is imported. On a busy machine waiting
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
from ml.metrics.classification import log_loss_of_margins

# Number of rows below which a depth and a learning rate are used. On a shop's 4,000 rows depth 4
# lost 0.007 of ROC AUC against depth 2. Depth 3 loses nothing there (five cutoffs before March
# 2011), and on the demo's 3,000 to 13,000 rows it gains 0.003. On 100,000 simulated customers and
# more, depth 6 gained 0.0015 but made exact Shapley values six times as slow. There a learning rate
# of 0.2 lost 0.003 against 0.1 and needed 139 trees instead of 312, which every daily run evaluates
# per customer.
TREES_BY_ROWS = ((100_000, 3, 0.05), (math.inf, 4, 0.2))

# Churn labels, or net revenue.
Labels = NDArray[np.bool_] | NDArray[np.float64]
Margins = NDArray[np.float64]


@dataclass(frozen=True)
class Objective:
    """Objective of the boosting.

    `name` and `metric` are XGBoost's names of the objective and its loss, `loss` is the same loss
    as a function of labels and margins. `neutral` is the prediction at a margin of zero.
    """

    name: str
    metric: str
    loss: Callable[[Any, Margins], float]
    neutral: float


CHURN = Objective("binary:logistic", "logloss", log_loss_of_margins, neutral=0.5)


@dataclass(frozen=True)
class BoostingData:
    """A matrix of shape (rows, features), and labels and base margins of shape (rows,)."""

    matrix: NDArray[np.float32]
    labels: Labels
    margins: Margins


@dataclass(frozen=True)
class BinnedData:
    """Rows to fit trees on and rows for early stopping, as XGBoost reads them.

    The same for every fit whose rows, margins and `max_bin` are the same.
    """

    fitted: xgb.QuantileDMatrix
    evaluated: xgb.DMatrix
    stopping: BoostingData
    preprocessor: Preprocessor

    @classmethod
    def of(
        cls,
        train: BoostingData,
        stopping: BoostingData,
        preprocessor: Preprocessor,
        settings: TrainingSettings,
    ) -> BinnedData:
        """Bin the rows to fit on; arguments as of `fit_booster`."""
        fitted = _quantised(train, preprocessor, settings)
        # Not quantised: predicting from a quantised matrix took six times as long in each round.
        evaluated = matrix_of(stopping.matrix, stopping.margins, preprocessor, settings.threads)
        evaluated.set_info(label=stopping.labels)
        return cls(fitted, evaluated, stopping, preprocessor)


@dataclass(frozen=True)
class FittedBooster:
    """A booster as UBJSON, truncated after its best round, and its early-stopping loss.

    `rounds` is 0 if trees did not reduce the loss of the base margin.
    """

    booster: bytes
    rounds: int
    max_depth: int
    loss: float


def fit_booster(
    train: BoostingData,
    stopping: BoostingData,
    preprocessor: Preprocessor,
    settings: TrainingSettings,
    signs: Mapping[str, int] | None = None,
    objective: Objective = CHURN,
) -> FittedBooster:
    """Boost trees on `train` until the loss on `stopping` no longer falls.

    The same rows in the same order and the same settings give the same bytes.

    Args:
        train: rows to fit the trees on.
        stopping: rows for early stopping.
        preprocessor: names and types of the features.
        settings: the boosting parameters.
        signs: monotone constraints by feature, 1 for increasing and −1 for decreasing risk. A
            category has none.
        objective: objective and loss of the labels.
    """
    binned = BinnedData.of(train, stopping, preprocessor, settings)
    return fit_binned(binned, settings, signs, objective)


def fit_binned(
    binned: BinnedData,
    settings: TrainingSettings,
    signs: Mapping[str, int] | None = None,
    objective: Objective = CHURN,
) -> FittedBooster:
    """Boost trees as `fit_booster`, on rows that several fits share."""
    stopping, preprocessor = binned.stopping, binned.preprocessor
    rows = binned.fitted.num_row()
    parameters = _parameters(rows, preprocessor, settings, signs or {}, objective)
    booster = xgb.train(
        parameters,
        binned.fitted,
        num_boost_round=settings.max_rounds,
        evals=[(binned.evaluated, "stopping")],
        early_stopping_rounds=settings.early_stopping_rounds,
        verbose_eval=False,
    )
    base_loss = objective.loss(stopping.labels, stopping.margins)
    if booster.best_score >= base_loss:
        return empty_booster(preprocessor, base_loss, objective)
    rounds = booster.best_iteration + 1
    best = booster[:rounds]
    depth = parameters["max_depth"]
    return FittedBooster(bytes(best.save_raw("ubj")), rounds, depth, booster.best_score)


def refit_booster(
    rows: BoostingData,
    rounds: int,
    preprocessor: Preprocessor,
    settings: TrainingSettings,
    signs: Mapping[str, int] | None = None,
) -> FittedBooster:
    """Fit a number of rounds found by `fit_booster` on more rows; the loss is NaN."""
    if rounds == 0:
        return empty_booster(preprocessor)
    fitted = _quantised(rows, preprocessor, settings)
    parameters = _parameters(len(rows.labels), preprocessor, settings, signs or {}, CHURN)
    booster = xgb.train(parameters, fitted, num_boost_round=rounds, verbose_eval=False)
    depth = parameters["max_depth"]
    return FittedBooster(bytes(booster.save_raw("ubj")), rounds, depth, math.nan)


def empty_booster(
    preprocessor: Preprocessor, loss: float = math.nan, objective: Objective = CHURN
) -> FittedBooster:
    """A booster of the same features without trees, which returns the base margin unchanged."""
    one_row = matrix_of(
        np.full((1, len(preprocessor.names)), np.nan, dtype=np.float32), np.zeros(1), preprocessor
    )
    one_row.set_info(label=np.full(1, objective.neutral))
    settings = {"objective": objective.name, "base_score": objective.neutral}
    booster = xgb.train(settings, one_row, num_boost_round=0)
    return FittedBooster(bytes(booster.save_raw("ubj")), 0, 0, loss)


def depth_and_rate(rows: int, settings: TrainingSettings) -> tuple[int, float]:
    """Depth of the trees and learning rate: those of the settings, or by the number of rows."""
    whole = settings.procedure_rows(rows)
    depth, rate = next((depth, rate) for limit, depth, rate in TREES_BY_ROWS if whole < limit)
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
    """XGBoost's matrix of values of shape (rows, features) and base margins of shape (rows,).

    Without margins every row starts from the booster's own `base_score`.
    """
    return xgb.DMatrix(matrix, base_margin=margins, **_columns(preprocessor, threads))


def _quantised(
    rows: BoostingData, preprocessor: Preprocessor, settings: TrainingSettings
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
