"""Comparison of the champion with its peers on the same customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from evaluation.logs import TrainingData
from ml.churn.preprocess import Preprocessor
from ml.churn.split import divide, split_by_time
from ml.metrics.classification import log_loss
from ml.metrics.intervals import Interval
from ml.metrics.ranking import roc_auc
from ml.metrics.uncertainty import paired
from ml.schemas import eligible_rows, labels_of
from ml.training.holdout import reachable_customers
from ml.training.train import fit
from ml.training.training_result import TrainingResult

TREES, DEPTH, RATE = 300, 4, 0.05


@dataclass(frozen=True)
class Comparison:
    """Metrics of a peer, and champion minus peer with paired 95 % intervals.

    `reachable_roc_auc` is that among customers who were not overdue by their own interval; None
    where no such customer has either outcome.
    """

    peer: str
    roc_auc: float
    log_loss: float
    auc_difference: Interval
    loss_difference: Interval
    reachable_roc_auc: float | None = None

    @property
    def is_no_worse(self) -> bool:
        """Return whether no interval shows the peer to be significantly better."""
        return self.auc_difference.high >= 0 and self.loss_difference.low <= 0

    @property
    def is_better(self) -> bool:
        """Return whether both estimates favour the champion."""
        return self.auc_difference.estimate > 0 and self.loss_difference.estimate < 0


def compared(data: TrainingData) -> tuple[TrainingResult, list[Comparison]]:
    """Train as the pipeline does, and compare with recency, RFM, BG/NBD and plain XGBoost."""
    result = fit(
        data.examples,
        data.settings,
        as_of=data.as_of,
        histories=data.histories,
        catalogue=data.catalogue,
    )
    peers = {
        peer.name: peer.probabilities for peer in result.baselines if peer.probabilities is not None
    }
    peers["plain XGBoost"] = plain_xgboost(data)
    return result, list(_comparisons(result, peers))


def plain_xgboost(data: TrainingData) -> NDArray[np.float64]:
    """Probabilities of 300 untuned, uncalibrated trees of depth 4, on all rows of the past."""
    rows = eligible_rows(data.examples)
    days = rows["snapshot_date"].unique().to_pylist()
    parts = divide(rows, split_by_time(days, data.settings.horizon_days), data.settings)
    preprocessor = Preprocessor.fit(parts.past)
    columns = {
        "feature_names": preprocessor.names,
        "feature_types": preprocessor.types,
        "enable_categorical": True,
    }
    matrices = [
        xgb.DMatrix(preprocessor.transform(part), label=labels_of(part), **columns)
        for part in (parts.past, parts.holdout)
    ]
    booster = xgb.train(
        {"objective": "binary:logistic", "max_depth": DEPTH, "learning_rate": RATE, "nthread": 2},
        matrices[0],
        num_boost_round=TREES,
    )
    return np.asarray(booster.predict(matrices[1]), dtype=np.float64)


def reachable_roc_auc(result: TrainingResult, probabilities: NDArray[np.float64]) -> float | None:
    """ROC AUC among customers of the holdout who can still be reached; None if undefined."""
    reachable = reachable_customers(result.holdout)
    labels = result.holdout_labels[reachable]
    if not labels.any() or labels.all():
        return None
    return roc_auc(labels, probabilities[reachable])


def _comparisons(
    result: TrainingResult, peers: dict[str, NDArray[np.float64]]
) -> Iterator[Comparison]:
    labels, ours = result.holdout_labels, result.holdout_probabilities
    for name, theirs in peers.items():
        differences = paired(labels, ours, theirs, result.settings.seed)
        yield Comparison(
            name,
            roc_auc(labels, theirs),
            log_loss(labels, theirs),
            differences["roc_auc"],
            differences["log_loss"],
            reachable_roc_auc(result, theirs),
        )
