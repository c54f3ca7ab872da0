from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ml.cards.uplift_card import UpliftCard
from ml.uplift.uplift_training import UpliftTraining
from tests.unit.ml.uplift.planted_units import AS_OF, BETTER, SETTINGS, trained_learner

LATER = AS_OF + timedelta(days=30)


def registry_in(home: Path, name: str) -> Any:
    from ml.registry.uplift_registry import UpliftRegistry

    return UpliftRegistry(f"sqlite:///{home}/mlflow.db", home / "artifacts", name, name)


def alias_of(home: Path, name: str) -> str | None:
    from mlflow import MlflowClient

    uri = f"sqlite:///{home}/mlflow.db"
    found = MlflowClient(uri, registry_uri=uri).get_registered_model(name).aliases
    return str(found["champion"]) if "champion" in found else None


def test_a_learner_is_logged_once_with_card_and_curve_and_is_in_use_until_one_is_refused(
    mlflow_home: Path,
) -> None:
    from mlflow import MlflowClient

    from ml.registry.version_index import IndexedModels, VersionIndex

    training, name = trained_learner(), "demo-uplift-call"
    registry = registry_in(mlflow_home, name)
    reasons = ["It is better."]
    card = UpliftCard.of(training, BETTER, reasons)
    version = registry.log(training, BETTER, card, {"company": "demo"})
    assert registry.log(training, BETTER, card) == version
    registry.promote(version, reasons)
    assert alias_of(mlflow_home, name) == version

    uri = f"sqlite:///{mlflow_home}/mlflow.db"
    client = MlflowClient(uri, registry_uri=uri)
    run = client.get_run(client.get_model_version(name, version).run_id)
    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    assert (folder / "model_card.md").read_text(encoding="utf-8") == card.markdown
    assert (folder / "model_card.html").read_text(encoding="utf-8").count("data:image/png") == 2
    assert run.data.metrics["qini_area_low"] == training.metrics["qini_area_low"]
    assert run.data.metrics["offline_difference_low"] == 0.5
    assert run.data.params["action_id"] == "call"

    index = VersionIndex(mlflow_home / "mlflow.db", mlflow_home / "uplift_versions.json")
    assert index.models("demo-uplift-") == [name]

    def read(folder: Path, version: str, as_of: date) -> str:
        assert (folder / "effect.ubj").exists()
        return version

    models = IndexedModels(index, name, mlflow_home / "artifacts", read)
    assert models.latest(AS_OF) == version
    assert models.latest(AS_OF - timedelta(days=1)) is None

    other = replace(training, as_of=LATER, result=_refitted(training))
    refused = registry.log(other, None, UpliftCard.of(other, None, ["Too noisy."]))
    registry.refuse(refused, ["Too noisy."])
    assert models.latest(LATER) is None
    assert models.latest(AS_OF) == version
    assert alias_of(mlflow_home, name) is None
    assert registry.load(version).learner.fingerprint == training.result.learner.fingerprint


def _refitted(training: UpliftTraining) -> Any:
    """The result with another fingerprint."""
    learner = replace(training.result.learner, effect=training.result.learner.control_outcome)
    return replace(training.result, learner=learner, settings=SETTINGS)
