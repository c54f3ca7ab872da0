"""A churn model in a real MLflow: stored, read back bit by bit, and used without the project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ml.training.training_result import TrainingResult
from ml.training.tuning import Trial
from tests.unit.ml.conftest import AS_OF, HOLDOUT

# Predicts through `mlflow.pyfunc` in a process in which neither a path nor an installed package
# gives the project, so that the code is that of the stored model.
PREDICT = """
import json, sys
sys.meta_path = [each for each in sys.meta_path if "editable" not in str(each).lower()]
sys.path = [each for each in sys.path if each not in ("", sys.argv[1])]
try:
    import ml
except ModuleNotFoundError:
    pass
else:
    raise SystemExit(f"the project is importable: {ml.__file__}")
import mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[2])
probabilities = model.predict(pandas.read_parquet(sys.argv[3]))
print(json.dumps([sys.modules["ml"].__file__, probabilities.tolist()]))
"""


def registry_in(home: Path, name: str) -> Any:
    from ml.registry.churn_registry import ChurnRegistry

    return ChurnRegistry(f"sqlite:///{home}/mlflow.db", home / "artifacts", "demo", name)


@pytest.fixture(scope="module")
def tuned(result: TrainingResult) -> TrainingResult:
    """The training with a trial of its tuning."""
    return replace(result, trials=(Trial({"max_depth": 2.0}, 0.5),))


@pytest.fixture(scope="module")
def logged(mlflow_home: Path, tuned: TrainingResult) -> Any:
    """A registry with the training as its promoted version 1."""
    registry = registry_in(mlflow_home, "churn")
    version = registry.log(tuned, {"company": "demo"})
    registry.promote(version, ["It is the first."])
    return registry


def run_of(home: Path) -> Any:
    from mlflow import MlflowClient

    uri = f"sqlite:///{home}/mlflow.db"
    client = MlflowClient(uri, registry_uri=uri)
    return client.get_run(client.get_model_version("churn", "1").run_id)


def folder_of(home: Path) -> Path:
    return Path(run_of(home).info.artifact_uri.removeprefix("file://"))


def features_of(examples: pa.Table) -> pa.Table:
    """Features with integers as doubles: the signature asks it, as pandas' integers lack nulls."""
    keys = ["customer_id", "snapshot_date", "is_eligible", "churned"]
    features = examples.drop_columns(keys)
    types = [
        pa.field(field.name, pa.float64() if pa.types.is_integer(field.type) else field.type)
        for field in features.schema
    ]
    return features.cast(pa.schema(types))


def test_a_stored_model_is_read_back_bit_by_bit(
    logged: Any, tuned: TrainingResult, examples: pa.Table
) -> None:
    champion = logged.champion(AS_OF)

    assert champion is not None
    assert (champion.version, champion.as_of) == ("1", AS_OF)
    assert champion.model == tuned.model
    np.testing.assert_array_equal(champion.model.predict(examples), tuned.model.predict(examples))


def test_an_equal_training_keeps_its_version(logged: Any, tuned: TrainingResult) -> None:
    assert logged.log(tuned) == "1"


def test_the_metrics_of_a_version_are_those_of_its_training(
    logged: Any, tuned: TrainingResult
) -> None:
    assert logged.metrics("1") == pytest.approx(tuned.all_metrics())
    assert logged.metrics("2") == {}


def test_a_stored_model_predicts_with_its_own_code_where_the_project_is_not_importable(
    mlflow_home: Path, logged: Any, tuned: TrainingResult, examples: pa.Table, tmp_path: Path
) -> None:
    features, model = tmp_path / "features.parquet", folder_of(mlflow_home) / "model"
    features_of(examples).to_pandas().to_parquet(features)
    root = str(Path(__file__).parents[4])
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = subprocess.run(
        [sys.executable, "-P", "-c", PREDICT, root, str(model), str(features)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    code, probabilities = json.loads(done.stdout.splitlines()[-1])
    assert Path(code).is_relative_to(model)
    np.testing.assert_array_equal(probabilities, tuned.model.for_scoring.predict(examples))


def test_a_run_has_parameters_metrics_card_plots_and_no_pickle(
    mlflow_home: Path, logged: Any, tuned: TrainingResult
) -> None:
    run, folder = run_of(mlflow_home), folder_of(mlflow_home)

    assert run.info.status == "FINISHED"
    assert run.data.tags["company"] == "demo"
    assert run.data.params["holdout_date"] == HOLDOUT.isoformat()
    assert run.data.params["train_rows"] == str(tuned.row_counts["train"])
    assert run.data.metrics["roc_auc"] == tuned.metrics["roc_auc"]
    assert "recency/roc_auc" in run.data.metrics
    kept = {path.name for path in folder.rglob("*")}
    assert {"model_card.md", "lift.png", "calibration.png", "features.png", "scores.png"} <= kept
    assert {"booster.ubj", "preprocess.json", "calibration.json", "facts.json"} <= kept
    assert not [name for name in kept if name.endswith((".pkl", ".pickle", ".joblib"))]


def test_each_trial_is_a_child_run_with_its_log_loss(mlflow_home: Path, logged: Any) -> None:
    from mlflow import MlflowClient

    parent = run_of(mlflow_home)
    client = MlflowClient(f"sqlite:///{mlflow_home}/mlflow.db")
    [trial] = client.search_runs(
        [parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
    )

    assert trial.data.metrics == {"validation_log_loss": 0.5}
    assert trial.data.params == {"max_depth": "2"}
