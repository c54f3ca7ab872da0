from __future__ import annotations

import numpy as np
import pytest

from ml.metrics.classification import classification_metrics
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
