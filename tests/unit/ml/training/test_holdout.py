from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml.metrics.classification import classification_metrics
from ml.training.holdout import metrics_among, reachable_customers
from ml.training.training_result import TrainingResult


def test_metrics_are_those_of_the_holdout_s_probabilities(result: TrainingResult) -> None:
    labels, probabilities = result.holdout_labels, result.holdout_probabilities

    assert result.metrics == classification_metrics(labels, probabilities)
    assert result.row_counts["holdout"] == len(labels) == 400
    assert sum(tier.customers for tier in result.tiers) == 400
    assert {"roc_auc", "log_loss", "empc"} <= set(result.intervals)
    assert result.slices[0].dimension == "all"
    assert result.slices[0].customers == 400


def test_each_baseline_is_compared_on_the_same_customers(result: TrainingResult) -> None:
    assert [baseline.name for baseline in result.baselines] == ["recency", "rfm", "bg_nbd"]
    for baseline in result.baselines:
        assert baseline.metrics is not None
        assert baseline.probabilities is not None
        assert baseline.auc_difference is not None
        difference = result.metrics["roc_auc"] - baseline.metrics["roc_auc"]
        assert baseline.auc_difference.estimate == pytest.approx(difference)


def test_feature_shares_are_positive_in_descending_order(result: TrainingResult) -> None:
    shares = list(result.feature_shares.values())

    assert np.all(np.diff(shares) <= 0)
    assert shares[-1] > 0
    assert sum(shares) == pytest.approx(1)


def test_metrics_among_the_reachable_are_those_of_these_customers_alone() -> None:
    labels = np.array([True, False, True, False, True, True])
    probabilities = np.array([0.9, 0.2, 0.3, 0.6, 1.0, 0.99])
    reported = pa.table({"is_reachable": pa.array([True, True, True, True, False, None])})

    among = metrics_among(reachable_customers(reported), labels, probabilities)
    assert among == classification_metrics(labels[:4], probabilities[:4])
    assert among["roc_auc"] == 0.75
    assert (
        metrics_among(reachable_customers(reported.select([])), labels[:0], probabilities[:0]) == {}
    )


def test_a_holdout_without_a_status_has_no_figures_of_the_reachable(result: TrainingResult) -> None:
    assert result.reachable == {}
    assert not [name for name in result.all_metrics() if "reachable" in name]
