"""Past trainings: metrics of the churn model, its refusal, and the learners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import dagster as dg

from orchestration.asset_keys import CHURN_MODEL, UPLIFT_MODEL
from orchestration.resources import Models

# Trainings searched, the latest first: at one a month, eight years.
_TRAININGS = 100


@dataclass(frozen=True)
class Refusal:
    """A trained model that the promotion gate refused, with the gate's reasons as sentences."""

    version: str
    as_of: date
    reasons: str


def recorded_metrics(instance: dg.DagsterInstance, version: str | None) -> dict[str, float]:
    """Holdout metrics of a model version by name, those of baselines as `baseline.metric`.

    Empty where no recorded training logged the version.
    """
    for metadata in _trainings(instance, CHURN_MODEL):
        if metadata["model_version"].value == version:
            return {
                name: float(value.value)
                for name, value in metadata.items()
                if isinstance(value, dg.FloatMetadataValue) and value.value is not None
            }
    return {}


def model_metrics(
    instance: dg.DagsterInstance, models: Models, version: str | None
) -> dict[str, float]:
    """Holdout metrics of a model version, from MLflow where no event of Dagster has them.

    MLflow takes seconds to import, and has the metrics of a training that was killed after its
    promotion too.
    """
    recorded = recorded_metrics(instance, version)
    if recorded or version is None:
        return recorded
    return models.registry.metrics(version)


def latest_refusal(instance: dg.DagsterInstance, in_use: str | None, day: date) -> Refusal | None:
    """The model of the latest training up to a day, if it was refused and is not in use.

    Args:
        instance: the Dagster instance.
        in_use: version of the model in use on the day.
        day: the day; trainings as of later dates are left out, and those without a recorded date.
    """
    dated = [
        (date.fromisoformat(str(metadata["as_of"].value)), metadata)
        for metadata in _trainings(instance, CHURN_MODEL)
        if "as_of" in metadata
    ]
    known = [each for each in dated if each[0] <= day]
    if not known:
        return None
    # Of several trainings of one date the latest counts, which is the first that is found.
    as_of, metadata = max(known, key=lambda each: each[0])
    version = str(metadata["model_version"].value)
    if metadata["promoted"].value or version == in_use:
        return None
    return Refusal(version, as_of, " ".join(str(metadata["why"].value).split()))


def latest_learners(instance: dg.DagsterInstance, day: date) -> str | None:
    """Uplift learners that the latest training up to a day put into use, refused or lacked.

    None before the first training.
    """
    for metadata in _trainings(instance, UPLIFT_MODEL):
        if date.fromisoformat(str(metadata["as_of"].value)) <= day:
            return str(metadata["summary"].value)
    return None


def _trainings(
    instance: dg.DagsterInstance, model: dg.AssetKey
) -> Iterator[Mapping[str, dg.MetadataValue]]:
    """Metadata of the recorded trainings of a model, the latest first."""
    for record in instance.fetch_materializations(model, limit=_TRAININGS).records:
        if record.asset_materialization is not None:
            yield record.asset_materialization.metadata
