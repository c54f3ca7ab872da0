"""Training result: the model, its evaluation on the holdout, and its metrics by name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.hazard import HazardResult
from ml.churn.model import ChurnModel
from ml.churn.split import Split
from ml.config import TrainingSettings
from ml.metrics.intervals import Interval
from ml.metrics.profit import ExpectedProfit
from ml.metrics.slices import SliceTable
from ml.metrics.tiers import Tier
from ml.schemas import CUSTOMER_ID, HOLDOUT_SCORES
from ml.training.tuning import Trial
from ml.value.customer_value import ValueResult

# Metrics by which a model is compared with its baselines over time.
HEADLINES = ("roc_auc", "pr_auc", "brier", "log_loss", "calibration_error", "top_decile_lift")


@dataclass(frozen=True)
class BaselineResult:
    """A baseline on the holdout; its values are None if it is not applicable.

    `auc_difference` is the ROC AUC of the model minus that of the baseline; it is also None for a
    holdout with a single outcome. `reachable` are the metrics among the customers who were not
    overdue by their own interval; empty where that is unknown of all.
    """

    name: str
    note: str
    probabilities: NDArray[np.float64] | None
    metrics: dict[str, float] | None
    auc_difference: Interval | None
    reachable: dict[str, float] = field(default_factory=dict)

    def figures(self, names: Collection[str]) -> dict[str, float]:
        """Metrics of these names, those among the reachable, and the difference of ROC AUC."""
        figures = {name: self.metrics[name] for name in names} if self.metrics else {}
        figures.update(reachable_figures(self.reachable))
        if self.auc_difference:
            figures["auc_difference"] = self.auc_difference.estimate
            figures["auc_difference_low"] = self.auc_difference.low
            figures["auc_difference_high"] = self.auc_difference.high
        return {f"{self.name}.{name}": value for name, value in figures.items()}


@dataclass(frozen=True)
class OriginResult:
    """Metrics of an earlier holdout, with a model and baselines trained on the data before it."""

    holdout: date
    customers: int
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]


@dataclass(frozen=True)
class WithheldFeatures:
    """Features that change after churn, withheld on training dates before their first version."""

    names: tuple[str, ...] = ()
    before: date | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A model and its evaluation on the holdout.

    `holdout_labels` and `holdout_probabilities` have shape (holdout customers,), in the order of
    the holdout's rows. `feature_shares` are the shares of each feature in the mean absolute
    contribution to the holdout's log odds, largest first. `intervals` are those of the `metrics`.
    `slices` are groups of customers, `tiers` the risk tiers. `trials` are the trials of the tuning,
    `origins` earlier holdouts, latest first. `reachable` are the metrics among the customers who
    were not overdue by their own interval; empty where that is unknown of all. `value` is None
    without purchases, `hazard` without contracts. `withheld` are features that are null on early
    training dates.
    """

    model: ChurnModel
    settings: TrainingSettings
    split: Split
    metrics: dict[str, float]
    uncalibrated_brier: float
    baselines: tuple[BaselineResult, ...]
    holdout: pa.Table
    holdout_labels: NDArray[np.bool_]
    holdout_probabilities: NDArray[np.float64]
    feature_shares: dict[str, float]
    row_counts: dict[str, int]
    intervals: dict[str, Interval]
    slices: SliceTable
    tiers: tuple[Tier, ...]
    empc: ExpectedProfit
    trials: tuple[Trial, ...] = ()
    origins: tuple[OriginResult, ...] = ()
    value: ValueResult | None = None
    hazard: HazardResult | None = None
    reachable: dict[str, float] = field(default_factory=dict)
    withheld: WithheldFeatures = WithheldFeatures()

    def holdout_scores(self, model_version: str) -> pa.Table:
        """Probabilities of the holdout as a table of `HOLDOUT_SCORES`."""
        rows = len(self.holdout)
        return pa.table(
            [
                pa.repeat(pa.scalar(self.split.holdout), rows),
                self.holdout[CUSTOMER_ID].cast(pa.string()).combine_chunks(),
                pa.repeat(pa.scalar(model_version), rows),
                pa.array(self.holdout_probabilities),
            ],
            schema=HOLDOUT_SCORES,
        )

    def headline_metrics(self) -> dict[str, float]:
        """Metrics to monitor: the model's own, and `HEADLINES` of the baselines, by name.

        Metrics that are NaN, such as the ROC AUC of a single outcome, are excluded.
        """
        figures = self._own_metrics()
        for baseline in self.baselines:
            figures.update(baseline.figures(HEADLINES))
        return _numbers_only(figures)

    def all_metrics(self) -> dict[str, float]:
        """All metrics by name, such as `roc_auc` and `recency.roc_auc`; NaN is excluded."""
        figures = {**self._own_metrics(), "uncalibrated_brier": self.uncalibrated_brier}
        for name, interval in self.intervals.items():
            figures[f"{name}_low"], figures[f"{name}_high"] = interval.low, interval.high
        for tier in self.tiers:
            figures[f"tier_{tier.name}_predicted"] = tier.mean_predicted
            figures[f"tier_{tier.name}_churn_rate"] = tier.churn_rate.estimate
        for baseline in self.baselines:
            figures.update(baseline.figures(self.metrics.keys()))
        return _numbers_only(figures)

    def _own_metrics(self) -> dict[str, float]:
        value = self.value.metrics() if self.value else {}
        hazard = self.hazard.metrics() if self.hazard else {}
        reachable = reachable_figures(self.reachable)
        return {**self.metrics, **reachable, "empc": self.empc.per_customer, **value, **hazard}


def reachable_figures(metrics: dict[str, float]) -> dict[str, float]:
    """Metrics among reachable customers under names of their own, such as `reachable_roc_auc`."""
    names = ("customers", "churn_rate", "mean_predicted", *HEADLINES)
    return {f"reachable_{name}": metrics[name] for name in names if name in metrics}


def _numbers_only(figures: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if np.isfinite(value)}
