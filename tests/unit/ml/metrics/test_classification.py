from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics as reference

from ml.metrics.classification import (
    brier,
    classification_metrics,
    log_loss,
    log_loss_of_margins,
)
from tests.campaign import times
from tests.unit.ml.metrics.outcomes import Outcomes, outcomes


@settings(max_examples=times(40))
@given(outcomes())
def test_losses_agree_with_scikit_learn(drawn: Outcomes) -> None:
    labels, scores = drawn
    inside = np.clip(scores, 0.01, 0.99)

    assert brier(labels, scores) == pytest.approx(reference.brier_score_loss(labels, scores))
    assert log_loss(labels, inside) == pytest.approx(reference.log_loss(labels, inside))
    margins = np.log(inside / (1 - inside))
    assert log_loss_of_margins(labels, margins) == pytest.approx(log_loss(labels, inside))


@settings(max_examples=times(40))
@given(outcomes())
def test_no_metric_depends_on_the_order_of_rows(drawn: Outcomes) -> None:
    labels, scores = drawn
    order = np.random.default_rng(len(labels)).permutation(len(labels))

    shuffled = classification_metrics(labels[order], scores[order])

    assert shuffled == pytest.approx(classification_metrics(labels, scores))


def test_a_perfect_ranking_has_the_maximum_lift() -> None:
    labels = np.arange(1_000) < 50

    found = classification_metrics(labels, np.where(labels, 0.9, 0.1))

    assert (found["roc_auc"], found["pr_auc"]) == (1, 1)
    assert found["top_decile_lift_share"] == pytest.approx(1)


def test_ranking_metrics_of_a_single_outcome_are_nan_and_losses_are_not() -> None:
    found = classification_metrics(np.zeros(5, bool), np.linspace(0.1, 0.5, 5))

    assert np.isnan([found["roc_auc"], found["pr_auc"], found["top_decile_lift"]]).all()
    assert np.isfinite([found["brier"], found["log_loss"], found["calibration_error"]]).all()
