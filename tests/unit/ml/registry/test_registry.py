"""The real MLflow, in a folder of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ml.cards.text_card import text_card
from ml.config import TrainingSettings
from ml.registry.rollback import RollbackError
from ml.texts.training import train_texts
from ml.training.train import fit
from ml.training.training_result import TrainingResult
from tests.unit.ml.conftest import HOLDOUT
from tests.unit.ml.texts.planted_texts import text_rows, to_learn

AS_OF = HOLDOUT + timedelta(days=90)
NOW = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _offline() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlflow")


def registry_in(home: Path, model_name: str = "churn") -> object:
    from ml.registry.registry import Registry

    return Registry(f"sqlite:///{home}/mlflow.db", home / "artifacts", "demo", model_name)


def text_registry_in(home: Path, model_name: str) -> object:
    from ml.registry.registry import TextRegistry

    return TextRegistry(f"sqlite:///{home}/mlflow.db", home / "artifacts", "texts", model_name)


def of_date(result: TrainingResult, as_of: date) -> TrainingResult:
    """The same training, as though it had been done on another day."""
    facts = replace(result.model.facts, as_of=as_of)
    return replace(result, model=replace(result.model, facts=facts))


def test_a_model_of_texts_is_kept_beside_and_found_by_date(home: Path) -> None:
    registry = text_registry_in(home, "texts")
    training = train_texts(to_learn(text_rows(200)), AS_OF)
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


def test_a_training_on_texts_keeps_its_card_and_no_text(home: Path) -> None:
    from mlflow import MlflowClient

    registry = text_registry_in(home, "text_records")
    training = train_texts(to_learn(text_rows(200)), AS_OF)
    version = registry.log(training, {"company": "demo"})
    client = MlflowClient(f"sqlite:///{home}/mlflow.db", registry_uri=f"sqlite:///{home}/mlflow.db")
    run = client.get_run(client.get_model_version("text_records", version).run_id)

    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    card = (folder / "model_card.md").read_text(encoding="utf-8")
    page = (folder / "model_card.html").read_text(encoding="utf-8")
    assert card == text_card(training)
    assert f"<title>Text model as of {AS_OF}</title>" in page
    assert run.data.metrics["accuracy"] == training.metrics["accuracy"]
    assert run.data.metrics["lexicon/macro_f1"] == training.metrics["lexicon.macro_f1"]
    assert run.data.params["rated_texts"] == str(training.model.facts.rated_texts)
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path.suffix for path in kept} <= {".md", ".html", ".npz", ".json"}
    for text in training.texts["text"].to_pylist():
        assert not [path for path, content in kept.items() if text.encode() in content]


def test_a_model_of_texts_goes_back_as_the_churn_model_does(home: Path) -> None:
    registry = text_registry_in(home, "texts_back")
    days = [AS_OF + timedelta(days=days) for days in (0, 30, 60)]
    trained = [train_texts(to_learn([]), day) for day in days]
    for training in trained:
        registry.promote(registry.log(training))
    assert registry.in_use() == dict(zip(days, ("1", "2", "3"), strict=True))

    done = registry.rollback(NOW, reason="It hears anger everywhere.")
    assert (done.restored, done.as_of, done.withdrawn) == ("2", days[1], ("3",))
    assert registry.in_use() == {days[0]: "1", days[1]: "2"}
    assert [in_use(registry, day) for day in (-1, 0, 30, 60, 365)] == [None, "1", "2", "2", "2"]
    withdrawn, restored = (tags_of(home, "texts_back", version) for version in ("3", "2"))
    assert withdrawn["rolled_back_at"] == restored["restored_at"] == "2026-09-01T08:30:00+00:00"
    assert withdrawn["rolled_back_reason"] == "It hears anger everywhere."
    assert withdrawn["rolled_back_to"] == "2"

    again = registry.log(trained[2])
    registry.promote(again)
    assert (again, in_use(registry, 60)) == ("3", "2")
    assert registry.rollback(NOW, to="1").withdrawn == ("2",)
    with pytest.raises(RollbackError, match="version 1 is the only one"):
        registry.rollback(NOW)
    with pytest.raises(RollbackError, match="there is no version 9; there are 1, 2, 3"):
        registry.rollback(NOW, to="9")
    registry.rollback(NOW, to="3")
    assert registry.in_use() == {days[0]: "1", days[2]: "3"}


def test_nothing_promoted_means_no_champion(home: Path) -> None:
    assert registry_in(home, "nobody").champion(AS_OF) is None


def test_a_model_comes_back_bit_by_bit(
    home: Path, result: TrainingResult, examples: pa.Table
) -> None:
    import mlflow

    registry = registry_in(home, "round_trip")
    version = registry.log(result, {"company": "demo"})
    registry.promote(version, ["It is the first."])
    champion = registry.champion(AS_OF)

    assert champion is not None
    assert (champion.version, champion.as_of) == (version, AS_OF)
    assert champion.model == result.model
    expected = result.model.predict(examples)
    np.testing.assert_array_equal(champion.model.predict(examples), expected)

    mlflow.set_tracking_uri(f"sqlite:///{home}/mlflow.db")
    mlflow.set_registry_uri(f"sqlite:///{home}/mlflow.db")
    frame = with_float_numbers(examples).to_pandas()
    through_mlflow = mlflow.pyfunc.load_model("models:/round_trip@champion").predict(frame)
    np.testing.assert_array_equal(through_mlflow, expected)


def with_float_numbers(table: pa.Table) -> pa.Table:
    """Integers as doubles, as the model's signature asks of pandas, where integers lack nulls."""
    for position, field in enumerate(table.schema):
        if pa.types.is_integer(field.type):
            table = table.set_column(position, field.name, table[position].cast(pa.float64()))
    return table.select(
        [
            name
            for name in table.column_names
            if name not in ("customer_id", "snapshot_date", "is_eligible", "churned")
        ]
    )


def test_a_run_keeps_parameters_figures_card_plots_and_no_pickle(
    home: Path, result: TrainingResult
) -> None:
    from mlflow import MlflowClient

    registry = registry_in(home, "records")
    version = registry.log(result, {"company": "demo"})
    client = MlflowClient(f"sqlite:///{home}/mlflow.db", registry_uri=f"sqlite:///{home}/mlflow.db")
    known = client.get_model_version("records", version)
    run = client.get_run(known.run_id)

    assert run.info.status == "FINISHED"
    assert run.data.tags["company"] == "demo"
    assert run.data.params["holdout_date"] == HOLDOUT.isoformat()
    assert run.data.params["train_rows"] == str(result.row_counts["train"])
    assert run.data.metrics["roc_auc"] == result.metrics["roc_auc"]
    assert "recency/roc_auc" in run.data.metrics
    folder = Path(run.info.artifact_uri.removeprefix("file://"))
    kept = {path.name for path in folder.rglob("*")}
    assert {"model_card.md", "lift.png", "calibration.png", "features.png", "scores.png"} <= kept
    assert {"booster.ubj", "preprocess.json", "calibration.json", "facts.json"} <= kept
    assert not [name for name in kept if name.endswith((".pkl", ".pickle", ".joblib"))]


def test_the_same_training_logged_twice_is_one_version(home: Path, result: TrainingResult) -> None:
    registry = registry_in(home, "twice")

    assert registry.log(result) == registry.log(result) == "1"


def test_each_date_is_served_by_the_latest_model_promoted_up_to_it(
    home: Path, result: TrainingResult
) -> None:
    from mlflow import MlflowClient

    registry = registry_in(home, "dates")
    first, third, second, unpromoted = (
        registry.log(of_date(result, AS_OF + timedelta(days=days))) for days in (0, 60, 30, 90)
    )
    for version in (first, third, second):
        registry.promote(version)

    def serving(day: int) -> str | None:
        champion = registry.champion(AS_OF + timedelta(days=day))
        return champion.version if champion else None

    assert [serving(day) for day in (-1, 0, 29, 30, 59, 60, 365)] == [
        None, first, first, second, second, third, third,
    ]  # fmt: skip
    uri = f"sqlite:///{home}/mlflow.db"
    alias = MlflowClient(uri, registry_uri=uri).get_model_version_by_alias("dates", "champion")
    assert str(alias.version) == third
    assert registry.load(unpromoted).version == unpromoted


def test_a_home_that_was_moved_still_finds_its_models_and_writes_to_its_new_place(
    tmp_path: Path, home: Path, result: TrainingResult, examples: pa.Table
) -> None:
    before = registry_in(home, "moved")
    before.promote(before.log(result))
    moved = tmp_path / "moved"
    home.rename(moved)
    try:
        registry = registry_in(moved, "moved")
        assert registry.champion(AS_OF).model == result.model

        later = registry.log(of_date(result, AS_OF + timedelta(days=30)))
        registry.promote(later)

        assert not home.exists()
        assert registry.champion(AS_OF + timedelta(days=30)).version == later
    finally:
        moved.rename(home)


def test_two_models_of_one_date_are_served_by_the_later_version(
    home: Path, result: TrainingResult, examples: pa.Table
) -> None:
    registry = registry_in(home, "same_day")
    other = fit(examples, replace(TrainingSettings(), max_depth=1), as_of=AS_OF)
    for training in (result, other):
        registry.promote(registry.log(training))

    assert registry.champion(AS_OF).version == "2"


def three_in_use(home: Path, result: TrainingResult, name: str) -> object:
    """A registry whose versions 1, 2 and 3 were promoted, thirty days apart."""
    registry = registry_in(home, name)
    for days in (0, 30, 60):
        registry.promote(registry.log(of_date(result, AS_OF + timedelta(days=days))))
    return registry


def in_use(registry: object, day: int) -> str | None:
    champion = registry.champion(AS_OF + timedelta(days=day))
    return champion.version if champion else None


def tags_of(home: Path, name: str, version: str) -> dict[str, str]:
    from mlflow import MlflowClient

    uri = f"sqlite:///{home}/mlflow.db"
    return dict(MlflowClient(uri, registry_uri=uri).get_model_version(name, version).tags)


def test_a_rollback_puts_the_version_before_back_on_every_date_after_its_own(
    home: Path, result: TrainingResult
) -> None:
    from mlflow import MlflowClient

    registry = three_in_use(home, result, "rolled_back")
    done = registry.rollback(NOW, reason="It calls everybody loyal.")

    assert (done.restored, done.as_of, done.withdrawn) == ("2", AS_OF + timedelta(days=30), ("3",))
    assert [in_use(registry, day) for day in (0, 29, 30, 60, 365)] == ["1", "1", "2", "2", "2"]
    withdrawn, restored = (tags_of(home, "rolled_back", version) for version in ("3", "2"))
    assert withdrawn["rolled_back_at"] == restored["restored_at"] == "2026-09-01T08:30:00+00:00"
    assert withdrawn["rolled_back_reason"] == "It calls everybody loyal."
    assert withdrawn["rolled_back_to"] == "2"
    uri = f"sqlite:///{home}/mlflow.db"
    client = MlflowClient(uri, registry_uri=uri)
    assert str(client.get_model_version_by_alias("rolled_back", "champion").version) == "2"


def test_a_named_version_comes_back_and_all_after_it_go(home: Path, result: TrainingResult) -> None:
    registry = three_in_use(home, result, "named")

    assert registry.rollback(NOW, to="1").withdrawn == ("2", "3")
    assert [in_use(registry, day) for day in (-1, 0, 30, 60)] == [None, "1", "1", "1"]


def test_a_version_that_was_rolled_back_returns_only_by_name(
    home: Path, result: TrainingResult
) -> None:
    registry = three_in_use(home, result, "returns")
    registry.rollback(NOW)
    again = registry.log(of_date(result, AS_OF + timedelta(days=60)))
    registry.promote(again)
    assert (again, in_use(registry, 60)) == ("3", "2")

    registry.rollback(NOW, to="3")
    assert in_use(registry, 60) == "3"
    assert "rolled_back_at" not in tags_of(home, "returns", "3")


def test_a_rollback_without_anything_to_go_back_to_is_refused_and_changes_nothing(
    home: Path, result: TrainingResult
) -> None:
    registry = registry_in(home, "alone")
    with pytest.raises(RollbackError, match="no model is in use"):
        registry.rollback(NOW)
    registry.promote(registry.log(result))
    with pytest.raises(RollbackError, match="the only one"):
        registry.rollback(NOW)
    assert in_use(registry, 0) == "1"


def test_a_training_counts_as_the_latest_whether_or_not_its_model_was_promoted(
    home: Path, result: TrainingResult
) -> None:
    registry = three_in_use(home, result, "trained")
    registry.log(of_date(result, AS_OF + timedelta(days=90)))
    registry.rollback(NOW)

    asked = [registry.last_trained(AS_OF + timedelta(days=day)) for day in (-1, 0, 89, 90, 400)]
    days = [None if known is None else (known - AS_OF).days for known in asked]
    assert days == [None, 0, 60, 90, 90]
