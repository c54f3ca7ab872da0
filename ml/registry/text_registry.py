"""Text registry: logging of a training of the text model, with parameters, metrics and card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.entities import Param

from ml.cards.text_card import text_card
from ml.registry.model_versions import ModelVersions, mlflow_metrics, write_card
from ml.registry.version_index import MODEL_FOLDER
from ml.texts.model import LoadedTextModel, TextModel
from ml.texts.training import TextTraining

FILES_FOLDER = "text_model"


class TextRegistry(ModelVersions[LoadedTextModel]):
    """Text models of one deployment."""

    def log(self, training: TextTraining, tags: Mapping[str, str] | None = None) -> str:
        """Log a training, register its model, and return the version.

        A model with the fingerprint of a registered one keeps that version.
        """
        facts, fingerprint = training.model.facts, training.model.fingerprint
        if known := self.known_as(fingerprint):
            return known
        with self.run(f"texts as of {facts.as_of}", tags or {}) as run_id:
            params = [Param(name, str(value)) for name, value in asdict(facts).items()]
            self._client.log_batch(run_id, mlflow_metrics(training.metrics), params)
            with TemporaryDirectory() as folder:
                write_card(Path(folder), text_card(training), {})
                files = Path(folder) / MODEL_FOLDER / FILES_FOLDER
                files.mkdir(parents=True)
                training.model.save(files)
                self._client.log_artifacts(run_id, folder)
            as_of = {"as_of": facts.as_of.isoformat(), "fingerprint": fingerprint}
            return self.register(run_id, FILES_FOLDER, as_of)

    def in_use(self) -> dict[date, str]:
        """Versions in use by the date from which each is used; of one date the latest version."""
        return dict(self.promoted_versions())

    def _read(self, folder: Path, version: str, as_of: date) -> LoadedTextModel:
        return LoadedTextModel(TextModel.load(folder), version, as_of)
