"""Where models are kept: MLflow's registry, and the only module here that knows MLflow.

The churn model and the model of texts are registered models of their own, which are versioned,
promoted and found again by date in the same way.

Importing this module imports MLflow, which takes seconds: import it where it is needed. The caller
sets MLFLOW_DISABLE_TELEMETRY=true before that. No MLflow global is read or set, so several
registries can live in one process.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from hashlib import sha256
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, TypeVar

import mlflow.pyfunc
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunStatus
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from ml.cards.html_card import model_card_html
from ml.cards.model_card import model_card
from ml.cards.plots import all_plots
from ml.cards.text_card import text_card
from ml.churn.model import ChurnModel, LoadedModel
from ml.churn.preprocess import Preprocessor
from ml.registry.rollback import Rollback, version_to_restore
from ml.texts.model import LoadedTextModel, TextModel
from ml.texts.training import TextTraining
from ml.training.training_result import TrainingResult

CHAMPION = "champion"
# The tag of a version that was taken out of use: the time, ISO 8601.
ROLLED_BACK = "rolled_back_at"
MODEL_FOLDER = "model"
# MLflow copies the folder given to `save_model(data_path=…)` below `data`, under its own name.
FILES_FOLDER = "churn_model"
TEXT_FILES_FOLDER = "text_model"
REQUIREMENTS = ("mlflow", "numpy", "pandas", "pyarrow", "scipy", "xgboost-cpu")

Loaded = TypeVar("Loaded")


class _Versions(ABC, Generic[Loaded]):
    """Versions of one registered model: logged, promoted, and found again by date."""

    def __init__(
        self, tracking_uri: str, artifact_root: Path, experiment: str, model_name: str
    ) -> None:
        """Point at a tracking database and at the folder of its artefacts; touches neither."""
        self._client = MlflowClient(tracking_uri, registry_uri=tracking_uri)
        self._root = artifact_root.resolve()
        self._experiment = experiment
        self._name = model_name

    def champion(self, as_of: date) -> Loaded | None:
        """The promoted model with the greatest date not after `as_of`; None where there is none.

        Of several of one date the latest version counts.

        Raises:
            FileNotFoundError: the registry knows the model, but its files are gone.
        """
        promoted = [known for known in self._promoted() if _as_of(known) <= as_of]
        if not promoted:
            return None
        found = max(promoted, key=_precedence)
        return self._load(found)

    def promote(self, version: str, reasons: list[str] | None = None) -> None:
        """Put a version into use from its date on.

        The alias `champion` follows the greatest date, so a model promoted for the past does not
        take it from a newer one. A version that was rolled back stays out of use.
        """
        if ROLLED_BACK in self._client.get_model_version(self._name, version).tags:
            return
        self._client.set_model_version_tag(self._name, version, "promoted", "true")
        if reasons:
            self._client.set_model_version_tag(
                self._name, version, "promotion_reasons", " ".join(reasons)
            )
        self._point_to_newest()

    def rollback(self, at: datetime, to: str | None = None, reason: str | None = None) -> Rollback:
        """Take the model in use out of use, and put an earlier one back.

        What was promoted after the restored version is in use on no date any more, so that a past
        date scored again is scored by the restored one too; dates before that are scored as ever.
        Both are said in the versions' tags. Nothing but this puts a version back that was rolled
        back: the same training, done again, is not promoted.

        Args:
            at: when, with a time zone.
            to: the version to put back, promoted before or not; None for the one that was in use
                before.
            reason: why.

        Raises:
            RollbackError: there is no such version, or it is the one in use.
        """
        promoted = sorted(self._promoted(), key=_precedence)
        known = {str(version.version): version for version in self._versions()}
        version = version_to_restore([str(each.version) for each in promoted], list(known), to)
        restored, why = known[version], reason or "no reason was given"
        after = [each for each in promoted if _precedence(each) > _precedence(restored)]
        withdrawal = {
            "promoted": "false",
            ROLLED_BACK: at.isoformat(),
            "rolled_back_to": version,
            "rolled_back_reason": why,
        }
        restoration = {"promoted": "true", "restored_at": at.isoformat(), "restored_reason": why}
        # Put back first: whatever stops this in between, some model stays in use.
        self.tag(version, restoration)
        if ROLLED_BACK in restored.tags:
            self._client.delete_model_version_tag(self._name, version, ROLLED_BACK)
        for each in after:
            self.tag(str(each.version), withdrawal)
        self._point_to_newest()
        return Rollback(version, _as_of(restored), tuple(str(each.version) for each in after))

    def last_trained(self, as_of: date) -> date | None:
        """The date of the latest training not after `as_of`, promoted or not; None before any."""
        return max(
            (day for known in self._versions() if (day := _as_of(known)) <= as_of), default=None
        )

    def tag(self, version: str, tags: Mapping[str, str]) -> None:
        """Say something of a version, such as why it was trained; what was said before is lost."""
        for key, value in tags.items():
            self._client.set_model_version_tag(self._name, version, key, value)

    def load(self, version: str) -> Loaded:
        """A registered version, promoted or not."""
        return self._load(self._client.get_model_version(self._name, version))

    def _point_to_newest(self) -> None:
        newest = max(self._promoted(), key=_precedence)
        self._client.set_registered_model_alias(self._name, CHAMPION, str(newest.version))

    def _load(self, known: ModelVersion) -> Loaded:
        # The path below the root, and not MLflow's absolute one: the home may have been moved.
        return self._read(self._root / known.tags["files"], str(known.version), _as_of(known))

    @abstractmethod
    def _read(self, folder: Path, version: str, as_of: date) -> Loaded:
        """The model in a folder that its own `save` has written."""

    def _versions(self) -> list[ModelVersion]:
        return list(self._client.search_model_versions(f"name = '{self._name}'"))

    def _promoted(self) -> list[ModelVersion]:
        return [known for known in self._versions() if known.tags.get("promoted") == "true"]

    def _known_as(self, fingerprint: str) -> str | None:
        """The version of an equal model, if one is registered."""
        for known in self._versions():
            if known.tags.get("fingerprint") == fingerprint:
                return str(known.version)
        return None

    def _register(self, run_id: str, files: str, tags: Mapping[str, str]) -> str:
        """Make a version of a run's model, whose own files lie in a folder below it."""
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
    def _run(self, name: str, tags: Mapping[str, str]) -> Iterator[str]:
        run = self._client.create_run(self._experiment_id(), run_name=name, tags=dict(tags))
        status = RunStatus.FAILED
        try:
            yield run.info.run_id
            status = RunStatus.FINISHED
        finally:
            self._client.set_terminated(run.info.run_id, RunStatus.to_string(status))

    def _experiment_id(self) -> str:
        """The experiment whose artefacts lie below the root, created where there is none.

        MLflow fixes an experiment's absolute folder when it is created. After the home was moved or
        copied the old one would be written to; a second experiment is opened then.
        """
        location = self._root.as_uri()
        elsewhere = f"{self._experiment} ({sha256(location.encode()).hexdigest()[:8]})"
        for name in (self._experiment, elsewhere):
            known = self._client.get_experiment_by_name(name)
            if known is None:
                return str(self._client.create_experiment(name, location))
            if known.artifact_location == location:
                return str(known.experiment_id)
        raise ValueError(f"experiment {elsewhere} does not keep its artefacts in {location}")


class Registry(_Versions[LoadedModel]):
    """Churn models of one deployment."""

    def log(self, result: TrainingResult, tags: Mapping[str, str] | None = None) -> str:
        """Log a training and register its model, and give the version.

        A model equal to a registered one, byte for byte and of the same date, keeps that one's
        version: training twice on the same data changes nothing.
        """
        fingerprint = result.model.fingerprint
        if known := self._known_as(fingerprint):
            return known
        with self._run(f"as of {result.model.facts.as_of}", tags or {}) as run_id:
            self._client.log_batch(run_id, _metrics(result.all_metrics()), _params(result))
            with TemporaryDirectory() as folder:
                _write_artifacts(Path(folder), result)
                self._client.log_artifacts(run_id, folder)
            self._log_trials(run_id, result)
            return self._register(
                run_id,
                f"data/{FILES_FOLDER}",
                {
                    "as_of": result.model.facts.as_of.isoformat(),
                    "holdout_date": result.split.holdout.isoformat(),
                    "fingerprint": fingerprint,
                },
            )

    def _read(self, folder: Path, version: str, as_of: date) -> LoadedModel:
        return LoadedModel(ChurnModel.load(folder), version, as_of)

    def _log_trials(self, parent: str, result: TrainingResult) -> None:
        """The trials of the tuning as child runs, which MLflow shows below the training."""
        for number, trial in enumerate(result.trials):
            with self._run(f"trial {number}", {"mlflow.parentRunId": parent}) as run_id:
                params = [Param(name, f"{value:.4g}") for name, value in trial.parameters.items()]
                loss = Metric("validation_log_loss", trial.log_loss, timestamp=0, step=0)
                self._client.log_batch(run_id, [loss], params)


class TextRegistry(_Versions[LoadedTextModel]):
    """Models of texts of one deployment."""

    def log(self, training: TextTraining, tags: Mapping[str, str] | None = None) -> str:
        """Log a training and register its model, and give the version, as `Registry.log`."""
        facts, fingerprint = training.model.facts, training.model.fingerprint
        if known := self._known_as(fingerprint):
            return known
        with self._run(f"texts as of {facts.as_of}", tags or {}) as run_id:
            params = [Param(name, str(value)) for name, value in asdict(facts).items()]
            self._client.log_batch(run_id, _metrics(training.metrics), params)
            with TemporaryDirectory() as folder:
                _write_card(Path(folder), text_card(training), {})
                files = Path(folder) / MODEL_FOLDER / TEXT_FILES_FOLDER
                files.mkdir(parents=True)
                training.model.save(files)
                self._client.log_artifacts(run_id, folder)
            as_of = {"as_of": facts.as_of.isoformat(), "fingerprint": fingerprint}
            return self._register(run_id, TEXT_FILES_FOLDER, as_of)

    def in_use(self) -> dict[date, str]:
        """The versions in use, by the date from which each is; of one date the latest version."""
        promoted = sorted(self._promoted(), key=_precedence)
        return {_as_of(known): str(known.version) for known in promoted}

    def _read(self, folder: Path, version: str, as_of: date) -> LoadedTextModel:
        return LoadedTextModel(TextModel.load(folder), version, as_of)


def _write_artifacts(folder: Path, result: TrainingResult) -> None:
    pictures = all_plots(result)
    _write_card(folder, model_card(result), pictures)
    plots = folder / "plots"
    plots.mkdir()
    for name, png in pictures.items():
        (plots / f"{name}.png").write_bytes(png)
    with TemporaryDirectory() as scratch, warnings.catch_warnings():
        # An example would put customers into the artefact; the signature says enough.
        warnings.filterwarnings("ignore", message=".*input example was not provided")
        files = Path(scratch) / FILES_FOLDER
        files.mkdir()
        result.model.save(files)
        mlflow.pyfunc.save_model(
            str(folder / MODEL_FOLDER),
            loader_module="ml.registry.pyfunc_loader",
            data_path=str(files),
            code_paths=[str(Path(__file__).parent.parent)],
            signature=_signature(result.model.preprocessor),
            pip_requirements=[f"{name}=={installed_version(name)}" for name in REQUIREMENTS],
        )


def _write_card(folder: Path, card: str, pictures: Mapping[str, bytes]) -> None:
    (folder / "model_card.md").write_text(card, encoding="utf-8")
    (folder / "model_card.html").write_text(model_card_html(card, pictures), encoding="utf-8")


def _signature(preprocessor: Preprocessor) -> ModelSignature:
    types = {
        "number": DataType.double,
        "boolean": DataType.boolean,
        "category": DataType.string,
    }
    columns: list[ColSpec | TensorSpec] = [
        ColSpec(types[column.kind], column.name, required=False) for column in preprocessor.columns
    ]
    return ModelSignature(Schema(columns), Schema([ColSpec(DataType.double)]))


def _params(result: TrainingResult) -> list[Param]:
    facts = result.model.facts
    params: dict[str, object] = {
        **asdict(result.settings),
        "as_of": facts.as_of,
        "train_dates": f"{facts.train_dates[0]} to {facts.train_dates[-1]}",
        "calibration_dates": f"{facts.calibration_dates[0]} to {facts.calibration_dates[-1]}",
        "holdout_date": facts.holdout_date,
        "rounds": facts.rounds,
        "max_depth": facts.max_depth,
        "kind_of_model": result.model.kind,
        "calibration": result.model.calibrator.method,
        "features": len(result.model.preprocessor.columns),
        **{f"{part}_rows": rows for part, rows in result.row_counts.items()},
    }
    return [Param(key, str(value)) for key, value in params.items()]


def _metrics(figures: Mapping[str, float]) -> list[Metric]:
    # MLflow keeps a time and a step for each figure; a model has one of each.
    return [
        Metric(key.replace(".", "/"), value, timestamp=0, step=0) for key, value in figures.items()
    ]


def _as_of(version: ModelVersion) -> date:
    return date.fromisoformat(version.tags["as_of"])


def _precedence(version: ModelVersion) -> tuple[date, int]:
    return _as_of(version), int(version.version)


def _below(root: Path, uri: str) -> str:
    return uri.removeprefix(f"{root.as_uri()}/")
