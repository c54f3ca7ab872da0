"""Models that were trained while a person was known.

A stored model has parameters fitted to all customers and no row of any. It is trained without the
person at the next training.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from deployment.home import Home
from ml.registry.version_index import VersionIndex


@dataclass(frozen=True)
class TrainedModel:
    """A version of a registered model."""

    model: str
    version: str
    as_of: date
    is_promoted: bool


def trained_models(home: Home, known_since: date | None) -> list[TrainedModel]:
    """Versions of the date on which the person became known, or later; all, if that is unknown."""
    index = VersionIndex(home.mlflow_database, home.mlflow_database.with_name("versions.json"))
    return [
        TrainedModel(version.model, version.version, as_of, version.is_promoted)
        for model in index.models("")
        for version in index.versions(model)
        if (as_of := date.fromisoformat(version.as_of)) >= (known_since or date.min)
    ]
