"""Churn registry: logging of a training of the churn model.

A run has parameters, metrics, model card, plots, the model and the trials of its tuning. The model
is stored with this package's code (`code_paths`), so it predicts through `mlflow.pyfunc` where the
project is not installed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from importlib.metadata import version as installed_version
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow.pyfunc
from mlflow.entities import Metric, Param
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from ml.cards.model_card import model_card
from ml.cards.plots import all_plots
from ml.churn.model import ChurnModel, LoadedModel
from ml.churn.preprocess import Preprocessor
from ml.registry.model_versions import ModelVersions, mlflow_metrics, write_card
from ml.registry.version_index import MODEL_FOLDER
from ml.training.training_result import TrainingResult

PACKAGE = Path(__file__).parent.parent
LOADER = "ml.registry.pyfunc_loader"
# MLflow copies the folder given to `save_model(data_path=…)` below `data`, under its own name.
FILES_FOLDER = "churn_model"
REQUIREMENTS = ("mlflow", "numpy", "pandas", "pyarrow", "scipy", "xgboost-cpu")


class ChurnRegistry(ModelVersions[LoadedModel]):
    """Churn models of one deployment."""

    def log(self, result: TrainingResult, tags: Mapping[str, str] | None = None) -> str:
        """Log a training, register its model, and return the version.

        A model with the fingerprint of a registered one keeps that version, so a repeated training
        on the same data changes nothing.
        """
        fingerprint = result.model.fingerprint
        if known := self.known_as(fingerprint):
            return known
        with self.run(f"as of {result.model.facts.as_of}", tags or {}) as run_id:
            self._client.log_batch(run_id, mlflow_metrics(result.all_metrics()), _params(result))
            with TemporaryDirectory() as folder:
                _write_artifacts(Path(folder), result)
                self._client.log_artifacts(run_id, folder)
            self._log_trials(run_id, result)
            return self.register(
                run_id,
                f"data/{FILES_FOLDER}",
                {
                    "as_of": result.model.facts.as_of.isoformat(),
                    "holdout_date": result.split.holdout.isoformat(),
                    "fingerprint": fingerprint,
                },
            )

    def metrics(self, version: str) -> dict[str, float]:
        """All metrics of a registered version by name; empty for a version that is not registered.

        The names are those of `TrainingResult.all_metrics`.
        """
        runs = [str(known.run_id) for known in self._versions() if str(known.version) == version]
        return {
            name.replace("/", "."): value
            for run_id in runs
            for name, value in self._client.get_run(run_id).data.metrics.items()
        }

    def _read(self, folder: Path, version: str, as_of: date) -> LoadedModel:
        return LoadedModel(ChurnModel.load(folder), version, as_of)

    def _log_trials(self, parent: str, result: TrainingResult) -> None:
        """Log the trials of the tuning as child runs of the training."""
        for number, trial in enumerate(result.trials):
            with self.run(f"trial {number}", {"mlflow.parentRunId": parent}) as run_id:
                params = [Param(name, f"{value:.4g}") for name, value in trial.parameters.items()]
                loss = Metric("validation_log_loss", trial.log_loss, timestamp=0, step=0)
                self._client.log_batch(run_id, [loss], params)


def _write_artifacts(folder: Path, result: TrainingResult) -> None:
    plots = all_plots(result)
    write_card(folder, model_card(result), plots)
    (folder / "plots").mkdir()
    for name, png in plots.items():
        (folder / "plots" / f"{name}.png").write_bytes(png)
    with TemporaryDirectory() as scratch, warnings.catch_warnings():
        # An input example would store data of customers; the signature is enough.
        warnings.filterwarnings("ignore", message=".*input example was not provided")
        files = Path(scratch) / FILES_FOLDER
        files.mkdir()
        result.model.save(files)
        mlflow.pyfunc.save_model(
            str(folder / MODEL_FOLDER),
            loader_module=LOADER,
            data_path=str(files),
            code_paths=[str(PACKAGE)],
            signature=_signature(result.model.preprocessor),
            pip_requirements=[f"{name}=={installed_version(name)}" for name in REQUIREMENTS],
        )


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
