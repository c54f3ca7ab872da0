"""Uplift registry: learners of one action, with parameters, metrics, card and plots.

The learner in use on a date is that of the latest training up to the date, if it was promoted. An
action whose latest learner was refused is decided by the simple estimate, so the alias `champion`
is removed then: an older ranking that newer outcomes do not confirm is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.entities import Param
from mlflow.entities.model_registry import ModelVersion

from ml.cards.uplift_card import UpliftCard
from ml.registry.model_versions import (
    CHAMPION,
    PROMOTED,
    ROLLED_BACK,
    ModelVersions,
    mlflow_metrics,
    precedence,
    write_card,
)
from ml.registry.rollback import RollbackError
from ml.registry.version_index import MODEL_FOLDER
from ml.uplift.offline_value import Valuation
from ml.uplift.uplift_learner import UpliftLearner
from ml.uplift.uplift_training import LoadedUplift, UpliftTraining

FILES_FOLDER = "uplift_learner"


class UpliftRegistry(ModelVersions[LoadedUplift]):
    """Learners of one action of a deployment."""

    def log(
        self,
        training: UpliftTraining,
        valuation: Valuation | None,
        card: UpliftCard,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Log a training with its card, register its learner, and return the version.

        A learner with the fingerprint of a registered one keeps that version.
        """
        fingerprint = training.result.learner.fingerprint
        if known := self.known_as(fingerprint):
            return known
        with self.run(f"{training.action_id} as of {training.as_of}", tags or {}) as run_id:
            metrics = {**training.metrics, **(valuation.metrics if valuation else {})}
            self._client.log_batch(run_id, mlflow_metrics(metrics), _params(training))
            with TemporaryDirectory() as folder:
                write_card(Path(folder), card.markdown, card.plots)
                files = Path(folder) / MODEL_FOLDER / FILES_FOLDER
                files.mkdir(parents=True)
                training.result.learner.save(files)
                self._client.log_artifacts(run_id, folder)
            as_of = {"as_of": training.as_of.isoformat(), "fingerprint": fingerprint}
            return self.register(run_id, FILES_FOLDER, as_of)

    def refuse(self, version: str, reasons: list[str]) -> None:
        """Record that a version is not used, and why; no earlier version takes its place."""
        self.tag(version, {PROMOTED: "false", "refusal_reasons": " ".join(reasons)})
        self._point_to_newest()

    def withdraw(self, at: datetime, reason: str | None = None) -> str:
        """Take the learner in use out of use, and return its version.

        The simple estimate decides until a later training is promoted; the same training, repeated,
        is not. No older learner is restored: its ranking is not confirmed by newer outcomes.

        Args:
            at: time of the withdrawal, with a time zone.
            reason: for the tags.

        Raises:
            RollbackError: no learner is in use.
        """
        newest = max(self._versions(), key=precedence, default=None)
        if newest is None or newest.tags.get(PROMOTED) != "true":
            raise RollbackError("no learner is in use for this action, so none can be withdrawn")
        version = str(newest.version)
        tags = {
            PROMOTED: "false",
            ROLLED_BACK: at.isoformat(),
            "rolled_back_reason": reason or "no reason was given",
        }
        self.tag(version, tags)
        self._point_to_newest()
        return version

    def _point_to_newest(self, added: ModelVersion | None = None) -> None:
        newest = max(self._versions(), key=precedence)
        is_added = added is not None and newest.version == added.version
        if is_added or newest.tags.get(PROMOTED) == "true":
            self._client.set_registered_model_alias(self._name, CHAMPION, str(newest.version))
        elif CHAMPION in self._client.get_registered_model(self._name).aliases:
            self._client.delete_registered_model_alias(self._name, CHAMPION)

    def _read(self, folder: Path, version: str, as_of: date) -> LoadedUplift:
        return LoadedUplift(UpliftLearner.load(folder), version, as_of)


def _params(training: UpliftTraining) -> list[Param]:
    params: dict[str, object] = {
        **asdict(training.result.settings),
        "action_id": training.action_id,
        "as_of": training.as_of,
        "later_period_starts_on": training.period.starts_on,
        "horizon_days": training.horizon_days,
        "features": len(training.result.learner.preprocessor.columns),
    }
    return [Param(name, str(value)) for name, value in params.items()]
