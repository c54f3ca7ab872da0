from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from ml.schemas import HOLDOUT_SCORES
from ml.training.training_result import TrainingResult
from tests.unit.ml.conftest import HOLDOUT


def test_the_holdout_scores_are_those_of_the_stored_model(
    result: TrainingResult, examples: pa.Table
) -> None:
    holdout = examples.filter(pa.compute.equal(examples["snapshot_date"], pa.scalar(HOLDOUT)))
    holdout = holdout.sort_by("customer_id")
    scores = result.holdout_scores("3")

    assert scores.schema == HOLDOUT_SCORES
    assert scores["customer_id"].to_pylist() == holdout["customer_id"].to_pylist()
    np.testing.assert_array_equal(
        scores["churn_probability"].to_numpy(), result.model.predict(holdout)
    )


def test_metrics_of_model_and_baselines_have_a_name_each(result: TrainingResult) -> None:
    metrics = result.all_metrics()

    assert {"roc_auc", "brier", "recency.roc_auc", "bg_nbd.auc_difference_low"} <= set(metrics)
    assert metrics["customers"] == metrics["recency.customers"] == result.row_counts["holdout"]


def test_headlines_are_few_of_all_metrics(result: TrainingResult) -> None:
    everything, headlines = result.all_metrics(), result.headline_metrics()

    assert {"roc_auc", "empc", "recency.roc_auc", "bg_nbd.brier"} <= set(headlines)
    assert len(headlines) < 50
    assert headlines == {name: everything[name] for name in headlines}


def test_metrics_that_are_nan_are_left_out(result: TrainingResult) -> None:
    unknown = replace(result, metrics={**result.metrics, "roc_auc": float("nan")})

    assert "roc_auc" not in unknown.all_metrics()
    assert "roc_auc" not in unknown.headline_metrics()
    assert all(np.isfinite(value) for value in unknown.all_metrics().values())


def test_figures_of_the_reachable_have_names_of_their_own(result: TrainingResult) -> None:
    recency, *others = result.baselines
    among = {**result.metrics, "roc_auc": 0.81}
    reported = replace(
        result,
        reachable=among,
        baselines=(replace(recency, reachable={**among, "roc_auc": 0.64}), *others),
    )

    assert reported.headline_metrics()["reachable_roc_auc"] == 0.81
    assert reported.headline_metrics()["recency.reachable_roc_auc"] == 0.64
    assert reported.all_metrics()["recency.reachable_roc_auc"] == 0.64
    assert reported.all_metrics()["roc_auc"] == result.all_metrics()["roc_auc"]
