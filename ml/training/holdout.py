"""Holdout evaluation: metrics, baselines, intervals, slices, tiers and profit of a fitted model."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.churn.calibration import Calibrator
from ml.churn.split import Parts, Split
from ml.config import TrainingSettings
from ml.metrics.classification import brier, classification_metrics
from ml.metrics.intervals import auc_difference
from ml.metrics.profit import empc
from ml.metrics.ranking import Labels, Scores
from ml.metrics.slices import by_slice
from ml.metrics.tiers import by_tier
from ml.metrics.uncertainty import intervals
from ml.purchases.purchase_model import PurchaseModel
from ml.schemas import IS_REACHABLE, labels_of
from ml.segments.evaluation_slices import evaluation_slices
from ml.training.baselines import Baseline, baselines
from ml.training.model_fitting import Fitted
from ml.training.training_result import BaselineResult, TrainingResult


def evaluate_on_holdout(
    fitted: Fitted,
    parts: Parts,
    split: Split,
    settings: TrainingSettings,
    purchase_model: PurchaseModel | None,
) -> TrainingResult:
    """Evaluate a fitted model and its baselines on the holdout.

    Args:
        fitted: the model and the trials of its tuning.
        parts: labelled rows of the split.
        split: the cutoff dates.
        settings: risk tiers, economics, seed and threads.
        purchase_model: fitted on the histories of the holdout date, for the BG/NBD baseline.

    Returns:
        The result without customer value, hazard and earlier origins.
    """
    model, labels = fitted.model, labels_of(parts.holdout)
    margins = model.predictor(settings.threads).margins(parts.holdout)
    probabilities = model.calibrator.apply(margins)
    uncalibrated = probabilities if model.is_average else Calibrator().apply(margins)
    reachable = reachable_customers(parts.holdout)
    shares = model.feature_shares(parts.holdout, settings.threads)
    return TrainingResult(
        model=model,
        settings=settings,
        split=split,
        metrics=classification_metrics(labels, probabilities),
        uncalibrated_brier=brier(labels, uncalibrated),
        baselines=tuple(
            _compared(baseline, labels, probabilities, settings, reachable)
            for baseline in baselines(parts.past, parts.holdout, purchase_model, settings)
        ),
        holdout=parts.holdout,
        holdout_labels=labels,
        holdout_probabilities=probabilities,
        feature_shares={
            name: share
            for name, share in sorted(shares.items(), key=lambda item: -item[1])
            if share > 0
        },
        intervals=intervals(labels, probabilities, settings.seed, economics=settings.economics),
        slices=by_slice(labels, probabilities, evaluation_slices(parts.holdout)),
        tiers=by_tier(labels, probabilities, settings.medium_risk, settings.high_risk),
        empc=empc(labels, probabilities, settings.economics),
        row_counts={
            "train": len(parts.train),
            "calibration": len(parts.calibration),
            "holdout": len(parts.holdout),
        },
        trials=fitted.trials,
        reachable=metrics_among(reachable, labels, probabilities),
    )


def reachable_customers(holdout: pa.Table) -> NDArray[np.bool_]:
    """True for customers who were not overdue by their own interval; false where unknown."""
    if IS_REACHABLE not in holdout.column_names:
        return np.zeros(len(holdout), dtype=np.bool_)
    known = pc.fill_null(holdout[IS_REACHABLE].cast(pa.bool_()), False)
    return np.asarray(known.to_numpy(), dtype=np.bool_)


def metrics_among(
    group: NDArray[np.bool_], labels: Labels, probabilities: Scores
) -> dict[str, float]:
    """Metrics of a group of customers by name; empty for an empty group."""
    return classification_metrics(labels[group], probabilities[group]) if group.any() else {}


def _compared(
    baseline: Baseline,
    labels: Labels,
    probabilities: Scores,
    settings: TrainingSettings,
    reachable: NDArray[np.bool_],
) -> BaselineResult:
    """Metrics of a baseline, and the ROC AUC of the model minus that of the baseline."""
    if baseline.probabilities is None:
        return BaselineResult(baseline.name, baseline.note, None, None, None)
    can_be_ranked = bool(labels.any()) and not labels.all()
    return BaselineResult(
        baseline.name,
        baseline.note,
        baseline.probabilities,
        classification_metrics(labels, baseline.probabilities),
        auc_difference(labels, probabilities, baseline.probabilities, settings.seed)
        if can_be_ranked
        else None,
        metrics_among(reachable, labels, baseline.probabilities),
    )
