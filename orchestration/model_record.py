"""The churn model as Dagster records it: its key, and the figures that a training reported."""

from __future__ import annotations

import dagster as dg

CHURN_MODEL = dg.AssetKey(["ml", "churn_model"])
# Trainings looked back on: at one a month, eight years.
_LOOK_BACK = 100


def metrics_of(instance: dg.DagsterInstance, version: str | None) -> dict[str, float]:
    """Metrics on the holdout by name, the baselines' with their name in front; empty if unknown."""
    for record in instance.fetch_materializations(CHURN_MODEL, limit=_LOOK_BACK).records:
        materialization = record.asset_materialization
        if materialization is None:
            continue
        metadata = materialization.metadata
        if metadata["model_version"].value == version:
            return {
                name: float(value.value)
                for name, value in metadata.items()
                if isinstance(value, dg.FloatMetadataValue) and value.value is not None
            }
    return {}
