from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ml.cards.text_card import text_card
from ml.texts.training import TextTraining, train_texts
from tests.unit.ml.conftest import AS_OF
from tests.unit.ml.texts.test_model import text_rows, to_learn


@pytest.fixture(scope="module")
def training() -> TextTraining:
    return train_texts(to_learn(text_rows(200)), AS_OF)


def registry_in(home: Path, name: str) -> Any:
    from ml.registry.text_registry import TextRegistry

    return TextRegistry(f"sqlite:///{home}/mlflow.db", home / "artifacts", "texts", name)


def test_a_text_model_is_stored_once_and_found_by_date(
    mlflow_home: Path, training: TextTraining
) -> None:
    registry = registry_in(mlflow_home, "texts")
    version = registry.log(training, {"company": "demo"})
    assert registry.log(training) == version
    assert registry.in_use() == {}

    registry.promote(version, ["It is the first."])
    found = registry.champion(AS_OF)
    assert found is not None
    assert found.model.fingerprint == training.model.fingerprint
    assert (found.version, found.as_of) == (version, AS_OF)
    assert registry.in_use() == {AS_OF: version}
    assert registry.champion(AS_OF - timedelta(days=1)) is None


def test_a_model_whose_files_are_gone_stops_no_training_and_is_stored_anew(
    mlflow_home: Path, training: TextTraining
) -> None:
    from ml.registry.text_registry import TextRegistry

    # Files of its own: the home is that of other tests too.
    artifacts = mlflow_home / "artifacts_that_are_lost"
    registry = TextRegistry(f"sqlite:///{mlflow_home}/mlflow.db", artifacts, "lost", "lost_texts")
    version = registry.log(training)
    registry.promote(version, ["It is the first."])
    champion, reasons = registry.readable_champion(AS_OF)
    assert champion is not None
    assert (champion.version, reasons) == (version, [])

    shutil.rmtree(artifacts)
    champion, (reason,) = registry.readable_champion(AS_OF)
    assert champion is None
    assert reason.startswith(f"No champion was compared with: model {version}, as of {AS_OF}")
    again = registry.log(training)
    assert again != version
    assert registry.load(again).model.fingerprint == training.model.fingerprint


def test_a_run_has_card_metrics_and_parameters_and_no_text(
    mlflow_home: Path, training: TextTraining
) -> None:
    from mlflow import MlflowClient

    registry = registry_in(mlflow_home, "text_records")
    version = registry.log(training, {"company": "demo"})
    uri = f"sqlite:///{mlflow_home}/mlflow.db"
    client = MlflowClient(uri, registry_uri=uri)
    run = client.get_run(client.get_model_version("text_records", version).run_id)

    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    assert (folder / "model_card.md").read_text(encoding="utf-8") == text_card(training)
    assert "<title>" in (folder / "model_card.html").read_text(encoding="utf-8")
    assert run.data.metrics["accuracy"] == training.metrics["accuracy"]
    assert run.data.metrics["lexicon/macro_f1"] == training.metrics["lexicon.macro_f1"]
    assert run.data.params["rated_texts"] == str(training.model.facts.rated_texts)
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path.suffix for path in kept} <= {".md", ".html", ".npz", ".json"}
    for text in training.texts["text"].to_pylist():
        assert not [path for path, content in kept.items() if text.encode() in content]


def test_versions_in_use_are_those_of_each_date_without_the_withdrawn(
    mlflow_home: Path,
) -> None:
    from tests.unit.ml.registry.test_model_versions import NOW

    registry = registry_in(mlflow_home, "texts_back")
    days = [AS_OF + timedelta(days=days) for days in (0, 30)]
    for day in days:
        registry.promote(registry.log(train_texts(to_learn([]), day)))
    assert registry.in_use() == dict(zip(days, ("1", "2"), strict=True))

    registry.rollback(NOW)
    assert registry.in_use() == {days[0]: "1"}
