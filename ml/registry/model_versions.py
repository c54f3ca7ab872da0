"""Model versions: registered, promoted, rolled back and found by date in MLflow's registry.

The churn model and the text model are registered models of their own. The content of their runs
does not belong here (`churn_registry`, `text_registry`).

Importing this module imports MLflow, which takes seconds: import it where it is needed. The caller
sets MLFLOW_DISABLE_TELEMETRY=true before. No MLflow global is read or set, so several registries
can exist in one process.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Generic, TypeVar

from mlflow import MlflowClient
from mlflow.entities import Metric, RunStatus
from mlflow.entities.model_registry import ModelVersion

from ml.cards.html_card import model_card_html
from ml.errors import ModelError
from ml.registry.rollback import Rollback, version_to_restore
from ml.registry.version_index import MODEL_FOLDER, ModelFilesError, read_files

CHAMPION = "champion"
# Tag of a version that was judged: "true" or "false". A registered version without it belongs to a
# training that was killed before its judgement.
PROMOTED = "promoted"
# Tag of a version that was rolled back: the time in ISO 8601.
ROLLED_BACK = "rolled_back_at"

Loaded = TypeVar("Loaded")


class ModelVersions(ABC, Generic[Loaded]):
    """Versions of one registered model."""

    def __init__(
        self, tracking_uri: str, artifact_root: Path, experiment: str, model_name: str
    ) -> None:
        """Store the tracking database's URI and the artefacts' folder; touches neither."""
        self._client = MlflowClient(tracking_uri, registry_uri=tracking_uri)
        self._root = artifact_root.resolve()
        self._experiment = experiment
        self._name = model_name

    def champion(self, as_of: date) -> Loaded | None:
        """The promoted model of the latest date up to `as_of`, or None.

        Of several models of one date it is the latest version.

        Raises:
            ModelFilesError: a file of the registered model is missing or damaged.
        """
        promoted = [known for known in self._promoted() if _as_of(known) <= as_of]
        if not promoted:
            return None
        found = max(promoted, key=precedence)
        return self._load(found)

    def readable_champion(self, as_of: date) -> tuple[Loaded | None, list[str]]:
        """The champion to compare a candidate with; if its files are damaged, None and the reason.

        A training replaces a model whose files are gone, so they must not stop it.
        """
        try:
            return self.champion(as_of), []
        except ModelFilesError as error:
            return None, [f"No champion was compared with: {error}."]

    def promote(self, version: str, reasons: list[str] | None = None) -> None:
        """Promote a version, which is then in use from its date on.

        The alias `champion` points to the promoted version of the latest date, so a model promoted
        for a past date does not replace a newer one. A version that was rolled back is not
        promoted again. The tag that puts the version in use is set last, so a promotion that is
        killed is repeated with its training.
        """
        known = self._client.get_model_version(self._name, version)
        if ROLLED_BACK in known.tags:
            return
        if reasons:
            self.tag(version, {"promotion_reasons": " ".join(reasons)})
        self._point_to_newest(known)
        self.tag(version, {PROMOTED: "true"})

    def refuse(self, version: str, reasons: list[str]) -> None:
        """Record that a version was judged and is not used, and why.

        A version that is in use stays in use: the same training, repeated, withdraws nothing.
        """
        if self._client.get_model_version(self._name, version).tags.get(PROMOTED) != "true":
            self.tag(version, {PROMOTED: "false", "refusal_reasons": " ".join(reasons)})

    def rollback(self, at: datetime, to: str | None = None, reason: str | None = None) -> Rollback:
        """Roll back to an earlier version; all versions of later dates go out of use.

        A past date that is scored again is then scored by the restored version too. Earlier dates
        keep their versions. The tags of both versions record the rollback. A version that was
        rolled back returns only by another rollback: the same training, repeated, is not promoted.

        Args:
            at: time of the rollback, with a time zone.
            to: the version to restore, promoted before or not; None for the previous version.
            reason: reason of the rollback, for the tags.

        Raises:
            RollbackError: the version does not exist or is in use, or there is no previous version.
        """
        promoted = sorted(self._promoted(), key=precedence)
        known = {str(version.version): version for version in self._versions()}
        version = version_to_restore([str(each.version) for each in promoted], list(known), to)
        restored, why = known[version], reason or "no reason was given"
        after = [each for each in promoted if precedence(each) > precedence(restored)]
        withdrawal = {
            PROMOTED: "false",
            ROLLED_BACK: at.isoformat(),
            "rolled_back_to": version,
            "rolled_back_reason": why,
        }
        restoration = {PROMOTED: "true", "restored_at": at.isoformat(), "restored_reason": why}
        # Restored first, so that a model is in use if the rollback is interrupted.
        self.tag(version, restoration)
        if ROLLED_BACK in restored.tags:
            self._client.delete_model_version_tag(self._name, version, ROLLED_BACK)
        for each in after:
            self.tag(str(each.version), withdrawal)
        self._point_to_newest()
        return Rollback(version, _as_of(restored), tuple(str(each.version) for each in after))

    def promoted_versions(self) -> list[tuple[date, str]]:
        """Date and version of all promoted models, in ascending order of date, then version."""
        promoted = sorted(self._promoted(), key=precedence)
        return [(_as_of(known), str(known.version)) for known in promoted]

    def tag(self, version: str, tags: Mapping[str, str]) -> None:
        """Set tags of a version, such as the reason of its training, replacing earlier values."""
        for key, value in tags.items():
            self._client.set_model_version_tag(self._name, version, key, value)

    def load(self, version: str) -> Loaded:
        """The model of a registered version, promoted or not."""
        return self._load(self._client.get_model_version(self._name, version))

    def _point_to_newest(self, added: ModelVersion | None = None) -> None:
        """Point the alias to the newest promoted version; `added` is about to be one."""
        promoted = [*self._promoted(), *([added] if added else [])]
        newest = max(promoted, key=precedence)
        self._client.set_registered_model_alias(self._name, CHAMPION, str(newest.version))

    def _load(self, known: ModelVersion) -> Loaded:
        # The path below the root and not MLflow's absolute path, because the home may have moved.
        folder = self._root / known.tags["files"]
        return read_files(self._read, folder, str(known.version), _as_of(known))

    @abstractmethod
    def _read(self, folder: Path, version: str, as_of: date) -> Loaded:
        """Read the model from the folder of its files."""

    def _versions(self) -> list[ModelVersion]:
        return list(self._client.search_model_versions(f"name = '{self._name}'"))

    def _promoted(self) -> list[ModelVersion]:
        return [known for known in self._versions() if known.tags.get(PROMOTED) == "true"]

    def known_as(self, fingerprint: str) -> str | None:
        """The version of a registered model with the same fingerprint whose files are there."""
        for known in self._versions():
            is_same = known.tags.get("fingerprint") == fingerprint
            if is_same and (self._root / known.tags["files"]).is_dir():
                return str(known.version)
        return None

    def register(self, run_id: str, files: str, tags: Mapping[str, str]) -> str:
        """Register the model of a run; its own files are in the folder `files` below the model."""
        if not self._client.search_registered_models(f"name = '{self._name}'"):
            self._client.create_registered_model(self._name)
        source = f"{self._client.get_run(run_id).info.artifact_uri}/{MODEL_FOLDER}"
        known = self._client.create_model_version(
            self._name,
            source,
            run_id,
            tags={**tags, "files": f"{_below(self._root, source)}/{files}"},
        )
        return str(known.version)

    @contextmanager
    def run(self, name: str, tags: Mapping[str, str]) -> Iterator[str]:
        """A run of the experiment, by its id; it is marked as failed if the block raises."""
        run = self._client.create_run(self._experiment_id(), run_name=name, tags=dict(tags))
        status = RunStatus.FAILED
        try:
            yield run.info.run_id
            status = RunStatus.FINISHED
        finally:
            self._client.set_terminated(run.info.run_id, RunStatus.to_string(status))

    def _experiment_id(self) -> str:
        """Id of the experiment whose artefacts lie below the root, created if there is none.

        MLflow fixes the absolute folder of an experiment when it is created. After the home was
        moved or copied, a second experiment avoids writing to the old folder.
        """
        location = self._root.as_uri()
        elsewhere = f"{self._experiment} ({sha256(location.encode()).hexdigest()[:8]})"
        for name in (self._experiment, elsewhere):
            known = self._client.get_experiment_by_name(name)
            if known is None:
                return str(self._client.create_experiment(name, location))
            if known.artifact_location == location:
                return str(known.experiment_id)
        raise ModelError(f"experiment {elsewhere} does not store its artefacts in {location}")


def write_card(folder: Path, card: str, plots: Mapping[str, bytes]) -> None:
    """Write a model card as Markdown and as HTML with its plots (PNG bytes by name)."""
    (folder / "model_card.md").write_text(card, encoding="utf-8")
    (folder / "model_card.html").write_text(model_card_html(card, plots), encoding="utf-8")


def mlflow_metrics(metrics: Mapping[str, float]) -> list[Metric]:
    """Metrics of a run; a dot in a name becomes a slash, by which MLflow groups them."""
    # MLflow stores a time and a step of each metric; a model has one of each.
    return [
        Metric(name.replace(".", "/"), value, timestamp=0, step=0)
        for name, value in metrics.items()
    ]


def _as_of(version: ModelVersion) -> date:
    return date.fromisoformat(version.tags["as_of"])


def precedence(version: ModelVersion) -> tuple[date, int]:
    """Order of versions: the date of the training, then the number."""
    return _as_of(version), int(version.version)


def _below(root: Path, uri: str) -> str:
    return uri.removeprefix(f"{root.as_uri()}/")
