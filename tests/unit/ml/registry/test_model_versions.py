"""Versions of a model that is one small file: what holds for every registered model."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ml.registry.rollback import RollbackError

DAY = date(2026, 5, 30)
NOW = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)


def versions_in(home: Path, name: str) -> Any:
    from ml.registry.model_versions import ModelVersions
    from ml.registry.version_index import MODEL_FOLDER

    class Notes(ModelVersions[tuple[str, str]]):
        """A model that is the text of a file."""

        def log(self, text: str, as_of: date) -> str:
            if known := self.known_as(text):
                return known
            with self.run(text, {}) as run_id:
                self._client.log_text(run_id, text, f"{MODEL_FOLDER}/note/text")
                tags = {"as_of": as_of.isoformat(), "fingerprint": text}
                return self.register(run_id, "note", tags)

        def _read(self, folder: Path, version: str, as_of: date) -> tuple[str, str]:
            return version, (folder / "text").read_text(encoding="utf-8")

    return Notes(f"sqlite:///{home}/mlflow.db", home / "artifacts", "notes", name)


def of_day(versions: Any, day: int) -> str:
    return str(versions.log(f"of day {day}", DAY + timedelta(days=day)))


def three_in_use(home: Path, name: str) -> Any:
    """Versions 1, 2 and 3, promoted thirty days apart."""
    versions = versions_in(home, name)
    for day in (0, 30, 60):
        versions.promote(of_day(versions, day), ["It is newer."])
    return versions


def in_use(versions: Any, *days: int) -> list[str | None]:
    found = [versions.champion(DAY + timedelta(days=day)) for day in days]
    return [champion[0] if champion else None for champion in found]


def client_of(home: Path) -> Any:
    from mlflow import MlflowClient

    uri = f"sqlite:///{home}/mlflow.db"
    return MlflowClient(uri, registry_uri=uri)


def tags_of(home: Path, name: str, version: str) -> dict[str, str]:
    return dict(client_of(home).get_model_version(name, version).tags)


def test_without_a_promoted_version_there_is_no_champion(mlflow_home: Path) -> None:
    versions = versions_in(mlflow_home, "unpromoted")
    assert versions.champion(DAY) is None

    version = of_day(versions, 0)
    assert versions.champion(DAY) is None
    assert versions.load(version) == ("1", "of day 0")


def test_an_equal_model_keeps_its_version(mlflow_home: Path) -> None:
    versions = versions_in(mlflow_home, "twice")

    assert of_day(versions, 0) == of_day(versions, 0) == "1"


def test_each_date_uses_the_latest_model_promoted_up_to_it(mlflow_home: Path) -> None:
    versions = versions_in(mlflow_home, "dates")
    first, third, second, _ = (of_day(versions, day) for day in (0, 60, 30, 90))
    for version in (first, third, second):
        versions.promote(version)

    assert in_use(versions, -1, 0, 29, 30, 59, 60, 365) == [
        None, first, first, second, second, third, third,
    ]  # fmt: skip
    alias = client_of(mlflow_home).get_model_version_by_alias("dates", "champion")
    assert str(alias.version) == third


def test_of_two_models_of_one_date_the_later_version_is_used(mlflow_home: Path) -> None:
    versions = versions_in(mlflow_home, "same_day")
    for text in ("one", "other"):
        versions.promote(versions.log(text, DAY))

    assert versions.champion(DAY) == ("2", "other")
    assert versions.promoted_versions() == [(DAY, "1"), (DAY, "2")]


def test_a_copied_home_finds_its_models_and_writes_to_its_own_folder(
    mlflow_home: Path, tmp_path: Path
) -> None:
    before = versions_in(mlflow_home, "copied")
    before.promote(of_day(before, 0))
    copy = tmp_path / "copy"
    shutil.copytree(mlflow_home, copy)
    kept = sorted(mlflow_home.rglob("*"))

    versions = versions_in(copy, "copied")
    assert versions.champion(DAY) == ("1", "of day 0")
    versions.promote(of_day(versions, 30))

    assert sorted(mlflow_home.rglob("*")) == kept
    assert before.champion(DAY + timedelta(days=30)) == ("1", "of day 0")
    assert versions.champion(DAY + timedelta(days=30)) == ("2", "of day 30")


def test_a_rollback_restores_the_previous_version_on_every_date_after_its_own(
    mlflow_home: Path,
) -> None:
    versions = three_in_use(mlflow_home, "rolled_back")
    done = versions.rollback(NOW, reason="All customers are at risk.")

    assert (done.restored, done.as_of, done.withdrawn) == ("2", DAY + timedelta(days=30), ("3",))
    assert in_use(versions, 0, 29, 30, 60, 365) == ["1", "1", "2", "2", "2"]
    withdrawn, restored = (tags_of(mlflow_home, "rolled_back", number) for number in ("3", "2"))
    assert withdrawn["rolled_back_at"] == restored["restored_at"] == "2026-09-01T08:30:00+00:00"
    assert withdrawn["rolled_back_reason"] == "All customers are at risk."
    assert withdrawn["rolled_back_to"] == "2"
    alias = client_of(mlflow_home).get_model_version_by_alias("rolled_back", "champion")
    assert str(alias.version) == "2"


def test_a_rollback_to_a_named_version_withdraws_all_later_ones(mlflow_home: Path) -> None:
    versions = three_in_use(mlflow_home, "named")

    assert versions.rollback(NOW, to="1").withdrawn == ("2", "3")
    assert in_use(versions, -1, 0, 30, 60) == [None, "1", "1", "1"]


def test_a_withdrawn_version_returns_only_by_a_rollback_to_it(mlflow_home: Path) -> None:
    versions = three_in_use(mlflow_home, "returns")
    versions.rollback(NOW)
    again = of_day(versions, 60)
    versions.promote(again)
    assert (again, in_use(versions, 60)) == ("3", ["2"])

    versions.rollback(NOW, to="3")
    assert in_use(versions, 60) == ["3"]
    assert "rolled_back_at" not in tags_of(mlflow_home, "returns", "3")


def test_a_rollback_without_a_previous_version_is_refused_and_changes_nothing(
    mlflow_home: Path,
) -> None:
    versions = versions_in(mlflow_home, "alone")
    with pytest.raises(RollbackError, match="no model is in use"):
        versions.rollback(NOW)
    versions.promote(of_day(versions, 0))
    with pytest.raises(RollbackError, match="the only promoted version"):
        versions.rollback(NOW)
    with pytest.raises(RollbackError, match="there is no version 9; there are 1"):
        versions.rollback(NOW, to="9")
    assert in_use(versions, 0) == ["1"]


def test_a_training_counts_from_its_judgement_on_promoted_or_not(mlflow_home: Path) -> None:
    from ml.registry.version_index import IndexedModels, VersionIndex

    versions = three_in_use(mlflow_home, "trained")
    index = VersionIndex(mlflow_home / "mlflow.db", mlflow_home / "trained_versions.json")
    models = IndexedModels(index, "trained", mlflow_home / "artifacts", lambda *found: found[1])

    def trained() -> list[int | None]:
        asked = [models.last_trained(DAY + timedelta(days=day)) for day in (-1, 0, 89, 90, 400)]
        return [None if known is None else (known - DAY).days for known in asked]

    unjudged = of_day(versions, 90)
    killed = models.interrupted(DAY + timedelta(days=90))
    assert (killed and killed.version, trained()) == (unjudged, [None, 0, 60, 60, 60])

    versions.refuse(unjudged, ["It is no better."])
    versions.rollback(NOW)
    assert trained() == [None, 0, 60, 90, 90]
    assert models.interrupted(DAY + timedelta(days=90)) is None
    assert tags_of(mlflow_home, "trained", unjudged)["refusal_reasons"] == "It is no better."


def test_a_promotion_that_is_killed_before_its_last_step_leaves_the_version_unjudged(
    mlflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = three_in_use(mlflow_home, "killed")
    version, steps = of_day(versions, 90), []
    set_tag = versions.tag

    def tag(version: str, tags: dict[str, str]) -> None:
        steps.append(sorted(tags))
        if "promoted" in tags:
            raise KeyboardInterrupt
        set_tag(version, tags)

    monkeypatch.setattr(versions, "tag", tag)
    with pytest.raises(KeyboardInterrupt):
        versions.promote(version, ["It is newer."])
    assert steps == [["promotion_reasons"], ["promoted"]]
    assert in_use(versions, 90) == ["3"]
    assert "promoted" not in tags_of(mlflow_home, "killed", version)

    monkeypatch.undo()
    versions.promote(version, ["It is newer."])
    assert in_use(versions, 90) == [version]
    alias = client_of(mlflow_home).get_model_version_by_alias("killed", "champion")
    assert str(alias.version) == version


def test_a_refusal_withdraws_no_version_that_is_in_use(mlflow_home: Path) -> None:
    versions = three_in_use(mlflow_home, "kept")
    versions.refuse("3", ["It is compared with itself."])
    assert in_use(versions, 60) == ["3"]


def test_tags_of_a_version_are_replaced(mlflow_home: Path) -> None:
    versions = versions_in(mlflow_home, "tagged")
    version = of_day(versions, 0)
    for reason in ("first", "second"):
        versions.tag(version, {"retrain_reason": reason})

    assert tags_of(mlflow_home, "tagged", version)["retrain_reason"] == "second"


def test_a_run_that_raises_is_marked_as_failed(mlflow_home: Path) -> None:
    versions = versions_in(mlflow_home, "failed")
    with pytest.raises(KeyError), versions.run("broken", {}) as run_id:
        raise KeyError(run_id)

    assert client_of(mlflow_home).get_run(run_id).info.status == "FAILED"
