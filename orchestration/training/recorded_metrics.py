"""Metrics of past trainings, as Dagster's event log records them with the churn model."""

from __future__ import annotations

import dagster as dg

from orchestration.asset_keys import CHURN_MODEL

# Trainings searched, the latest first: at one a month, eight years.
_TRAININGS = 100


def recorded_metrics(instance: dg.DagsterInstance, version: str | None) -> dict[str, float]:
    """Holdout metrics of a model version by name, those of baselines as `baseline.metric`.

    Empty where no recorded training logged the version.
    """
    for record in instance.fetch_materializations(CHURN_MODEL, limit=_TRAININGS).records:
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
