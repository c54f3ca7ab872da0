from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from ml.registry import version_index
from ml.registry.version_index import IndexedModels, ModelFilesError, Version, VersionIndex

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


class Registered:
    """Versions in place of MLflow's registry, and how often they were asked for."""

    def __init__(self, database: Path) -> None:
        self.versions: list[Version] = []
        self.asked = 0
        self._database = database

    def add(
        self,
        model: str,
        version: int,
        as_of: date,
        *,
        is_promoted: bool = True,
        is_judged: bool = True,
    ) -> None:
        day, files = as_of.isoformat(), f"files/{version}"
        self.versions.append(Version(model, str(version), day, files, is_promoted, is_judged))
        with sqlite3.connect(self._database) as con:
            con.execute("create table if not exists changes (number)")
            con.execute("insert into changes values (1)")
        con.close()

    def __call__(self, database: Path) -> list[Version]:
        assert database == self._database
        self.asked += 1
        return list(self.versions)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registered:
    registered = Registered(tmp_path / "mlflow.db")
    monkeypatch.setattr(version_index, "_registered", registered)
    return registered


@pytest.fixture
def models(tmp_path: Path) -> IndexedModels[str]:
    index = VersionIndex(tmp_path / "mlflow.db", tmp_path / "versions.json")

    def read(folder: Path, version: str, as_of: date) -> str:
        return f"{folder.relative_to(tmp_path)} {version} {as_of}"

    return IndexedModels(index, "churn", tmp_path / "artifacts", read)


def test_without_a_database_there_is_no_model_and_mlflow_is_not_asked(
    models: IndexedModels[str], registered: Registered
) -> None:
    assert models.champion(JUNE) is None
    assert models.last_trained(JUNE) is None
    assert models.in_use() == {}
    assert registered.asked == 0


def test_the_champion_is_the_latest_promoted_version_dated_on_or_before_the_day(
    models: IndexedModels[str], registered: Registered
) -> None:
    registered.add("churn", 9, MAY)
    registered.add("churn", 10, MAY)
    registered.add("churn", 11, JUNE, is_promoted=False)
    registered.add("churn", 12, JULY)
    registered.add("texts", 1, MAY)
    assert models.champion(JUNE) == "artifacts/files/10 10 2026-05-01"
    assert models.champion(date(2026, 4, 30)) is None
    assert models.last_trained(JUNE) == JUNE
    assert models.in_use() == {MAY: "10", JULY: "12"}
    assert models.load("11") == "artifacts/files/11 11 2026-06-01"
    with pytest.raises(KeyError):
        models.load("1")


def test_mlflow_is_asked_once_until_its_database_changes(
    models: IndexedModels[str], registered: Registered
) -> None:
    registered.add("churn", 1, MAY)
    assert [models.in_use() for _ in range(3)] == [{MAY: "1"}] * 3
    assert registered.asked == 1
    registered.add("churn", 2, JUNE)
    assert models.in_use() == {MAY: "1", JUNE: "2"}
    assert registered.asked == 2


def test_a_change_in_a_write_ahead_log_counts(
    models: IndexedModels[str], registered: Registered, tmp_path: Path
) -> None:
    registered.add("churn", 1, MAY)
    assert models.in_use() == {MAY: "1"}
    con = sqlite3.connect(tmp_path / "mlflow.db")
    con.execute("pragma journal_mode = wal")
    assert models.in_use() == {MAY: "1"}
    registered.versions.clear()
    con.execute("insert into changes values (2)")
    con.commit()
    assert models.in_use() == {}
    con.close()


def test_a_version_counts_as_trained_once_it_is_judged(
    models: IndexedModels[str], registered: Registered
) -> None:
    registered.add("churn", 1, MAY)
    registered.add("churn", 2, JUNE, is_promoted=False, is_judged=False)
    killed = models.interrupted(JULY)
    assert killed is not None
    assert (killed.version, models.last_trained(JULY)) == ("2", MAY)
    assert models.interrupted(MAY) is None

    # The training was repeated with later rows, so with another version.
    registered.add("churn", 3, JUNE, is_promoted=False)
    assert (models.interrupted(JULY), models.last_trained(JULY)) == (None, JUNE)
    assert models.champion(JULY) == "artifacts/files/1 1 2026-05-01"


def test_a_first_training_that_was_killed_is_interrupted(
    models: IndexedModels[str], registered: Registered
) -> None:
    registered.add("churn", 1, MAY, is_promoted=False, is_judged=False)
    killed = models.interrupted(MAY)
    assert killed is not None
    assert (killed.version, models.last_trained(MAY)) == ("1", None)


@pytest.mark.parametrize(
    "content", ["", '{"state": "cut', '{"state": "1 8192 7 0", "versions": []}']
)
def test_an_index_that_is_damaged_or_of_another_release_is_written_again(
    models: IndexedModels[str], registered: Registered, tmp_path: Path, content: str
) -> None:
    registered.add("churn", 1, MAY)
    assert models.in_use() == {MAY: "1"}
    path = tmp_path / "versions.json"
    state = json.loads(path.read_text())["state"]
    path.write_text(content.replace("1 8192 7 0", state))
    assert models.in_use() == {MAY: "1"}
    assert (registered.asked, json.loads(path.read_text())["state"]) == (2, state)


def test_a_model_whose_files_are_missing_or_damaged_is_named_with_its_folder(
    registered: Registered, tmp_path: Path
) -> None:
    index = VersionIndex(tmp_path / "mlflow.db", tmp_path / "versions.json")

    def read(folder: Path, version: str, as_of: date) -> object:
        return json.loads((folder / "facts.json").read_text())

    models = IndexedModels(index, "churn", tmp_path / "artifacts", read)
    registered.add("churn", 1, MAY)
    folder = tmp_path / "artifacts" / "files" / "1"
    with pytest.raises(ModelFilesError, match=r"model 1, as of 2026-05-01: .*FileNotFoundError"):
        models.champion(JUNE)
    folder.mkdir(parents=True)
    (folder / "facts.json").write_text('{"cut')
    with pytest.raises(ModelFilesError, match="holdfast train"):
        models.champion(JUNE)


def test_an_interrupted_write_leaves_the_index_as_it_was(
    models: IndexedModels[str], registered: Registered, tmp_path: Path
) -> None:
    registered.add("churn", 1, MAY)
    assert models.in_use() == {MAY: "1"}
    (tmp_path / "versions.new").write_text('{"state": "cut')
    assert models.in_use() == {MAY: "1"}
    assert json.loads((tmp_path / "versions.json").read_text())["versions"]
