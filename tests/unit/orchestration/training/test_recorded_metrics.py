from __future__ import annotations

import dagster as dg

from orchestration.asset_keys import CHURN_MODEL
from orchestration.training.recorded_metrics import recorded_metrics


def trained(version: str, roc_auc: float) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        CHURN_MODEL,
        metadata={"model_version": version, "roc_auc": roc_auc, "recency.roc_auc": 0.7, "why": "-"},
    )


def test_the_metrics_are_those_of_the_version_and_its_baselines() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for version, roc_auc in (("1", 0.81), ("2", 0.84)):
            instance.report_runless_asset_event(trained(version, roc_auc))
        assert recorded_metrics(instance, "1") == {"roc_auc": 0.81, "recency.roc_auc": 0.7}
        assert recorded_metrics(instance, "2")["roc_auc"] == 0.84
        assert recorded_metrics(instance, "3") == {}
        assert recorded_metrics(instance, None) == {}
