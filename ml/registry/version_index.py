"""Version index: registered versions by date, read without MLflow while its database is unchanged.

Importing MLflow and opening its database takes 2 s of CPU, a tenth of a small day. A day without a
training asks only which version is in use and where its files are. The index answers from a JSON
file, which is valid for one state of the database; for any other state MLflow is asked, and the
file is written again. MLflow's registry stays the only place where versions are changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from ml.errors import ModelError

Loaded = TypeVar("Loaded")

# In the artefacts of a training's run: what MLflow stores of the model.
MODEL_FOLDER = "model"
# Of the index's file: another number is written by a release with other fields.
_FORMAT = 2
# SQLite, Database File Format, section 1.3: the header's file change counter.
_CHANGE_COUNTER = slice(24, 28)
_HEADER_BYTES = 100


class ModelFilesError(ModelError):
    """The files of a registered model are missing or damaged."""


@dataclass(frozen=True)
class Version:
    """A version of a registered model.

    Attributes:
        model: the registered model's name.
        version: the version's number.
        as_of: date of the training.
        files: folder of the model's files, below the folder of artefacts.
        is_promoted: whether the version is in use from its date on.
        is_judged: whether the version was promoted or refused; if not, its training was killed.
    """

    model: str
    version: str
    as_of: str
    files: str
    is_promoted: bool
    is_judged: bool

    @property
    def precedence(self) -> tuple[str, int]:
        """Order of versions: the date, then the number."""
        return self.as_of, int(self.version)


@dataclass(frozen=True)
class VersionIndex:
    """The versions of all registered models of one MLflow database.

    Args:
        database: MLflow's SQLite file.
        path: the index's own file.
    """

    database: Path
    path: Path

    def versions(self, model: str) -> list[Version]:
        """The versions of a registered model by date, then number."""
        found = [version for version in self._all() if version.model == model]
        return sorted(found, key=lambda version: version.precedence)

    def models(self, prefix: str) -> list[str]:
        """Names of the registered models that begin with a prefix, in ascending order."""
        return sorted({known.model for known in self._all() if known.model.startswith(prefix)})

    def _all(self) -> list[Version]:
        state = _state(self.database)
        if state is None:
            return []
        if (known := self._stored(state)) is not None:
            return known
        # The state was read first: a change in between makes the file invalid, not wrong.
        versions = _registered(self.database)
        content = {
            "format": _FORMAT,
            "state": state,
            "versions": [asdict(version) for version in versions],
        }
        written = self.path.with_suffix(".new")
        written.write_text(json.dumps(content, indent=1), encoding="utf-8")
        written.replace(self.path)
        return versions

    def _stored(self, state: str) -> list[Version] | None:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # missing or damaged: MLflow has the versions
            return None
        if (content.get("format"), content["state"]) != (_FORMAT, state):
            return None
        return [Version(**version) for version in content["versions"]]


@dataclass(frozen=True)
class IndexedModels(Generic[Loaded]):
    """Models of one registered model, found in the index and read from their files.

    Args:
        index: the versions.
        model: the registered model's name.
        artifacts: the folder of all models' artefacts.
        read: reads a model from its folder; takes the folder, the version and its date.
    """

    index: VersionIndex
    model: str
    artifacts: Path
    read: Callable[[Path, str, date], Loaded]

    def champion(self, as_of: date) -> Loaded | None:
        """The promoted model of the latest date up to `as_of`, or None.

        Of several models of one date it is the latest version.

        Raises:
            ModelFilesError: a file of the registered model is missing or damaged.
        """
        promoted = [known for known in self._dated(as_of) if known.is_promoted]
        return self._load(promoted[-1]) if promoted else None

    def latest(self, as_of: date) -> Loaded | None:
        """The model of the latest training up to `as_of`, or None if it was not promoted.

        Raises:
            ModelFilesError: a file of the registered model is missing or damaged.
        """
        known = self._dated(as_of)
        return self._load(known[-1]) if known and known[-1].is_promoted else None

    def last_trained(self, as_of: date) -> date | None:
        """Date of the latest judged training up to `as_of`, promoted or not; None before any."""
        known = [version for version in self._dated(as_of) if version.is_judged]
        return date.fromisoformat(known[-1].as_of) if known else None

    def interrupted(self, as_of: date) -> Version | None:
        """The version of a training up to `as_of` that was killed before its judgement.

        None if a later training, or one of the same date, was judged.
        """
        dated = self._dated(as_of)
        last = self.last_trained(as_of)
        open_since = "" if last is None else last.isoformat()
        return next(
            (known for known in dated if not known.is_judged and known.as_of > open_since), None
        )

    def in_use(self) -> dict[date, str]:
        """Versions in use by the date from which each is used; of one date the latest version."""
        return {date.fromisoformat(known.as_of): known.version for known in self._promoted()}

    def load(self, version: str) -> Loaded:
        """The model of a registered version, promoted or not.

        Raises:
            KeyError: no such version is registered.
            ModelFilesError: a file of the registered model is missing or damaged.
        """
        known = {each.version: each for each in self.index.versions(self.model)}
        return self._load(known[version])

    def _dated(self, as_of: date) -> list[Version]:
        """The versions of dates up to `as_of`, in their order."""
        return [
            known
            for known in self.index.versions(self.model)
            if date.fromisoformat(known.as_of) <= as_of
        ]

    def _promoted(self) -> list[Version]:
        return [known for known in self.index.versions(self.model) if known.is_promoted]

    def _load(self, known: Version) -> Loaded:
        folder = self.artifacts.resolve() / known.files
        return read_files(self.read, folder, known.version, date.fromisoformat(known.as_of))


def read_files(
    read: Callable[[Path, str, date], Loaded], folder: Path, version: str, as_of: date
) -> Loaded:
    """Read a model from its folder.

    Raises:
        ModelFilesError: a file is missing or damaged.
    """
    try:
        return read(folder, version, as_of)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFilesError(
            f"model {version}, as of {as_of}: its files in {folder} cannot be read "
            f"({type(error).__name__}): restore them from a backup, roll back to another version "
            "(holdfast rollback), or train again (holdfast train)"
        ) from error


def _state(database: Path) -> str | None:
    """A mark of the database's content that every committed change moves; None without a file.

    SQLite raises the change counter with each transaction. With a write-ahead log it does so only
    when the log is merged, so the size of the log counts too.
    """
    if not database.exists():
        return None
    with database.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    log = database.with_name(f"{database.name}-wal")
    status, logged = database.stat(), log.stat().st_size if log.exists() else 0
    counter = int.from_bytes(header[_CHANGE_COUNTER], "big")
    return f"{counter} {status.st_size} {status.st_mtime_ns} {logged}"


def _registered(database: Path) -> list[Version]:
    """All versions in MLflow's registry."""
    from mlflow import MlflowClient

    uri = f"sqlite:///{database}"
    client = MlflowClient(uri, registry_uri=uri)
    return [
        Version(
            model=known.name,
            version=str(known.version),
            as_of=known.tags["as_of"],
            files=known.tags["files"],
            is_promoted=known.tags.get("promoted") == "true",
            is_judged="promoted" in known.tags,
        )
        for known in client.search_model_versions()
    ]
