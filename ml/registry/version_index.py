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

Loaded = TypeVar("Loaded")

# SQLite, Database File Format, section 1.3: the header's file change counter.
_CHANGE_COUNTER = slice(24, 28)
_HEADER_BYTES = 100


@dataclass(frozen=True)
class Version:
    """A version of a registered model.

    Attributes:
        model: the registered model's name.
        version: the version's number.
        as_of: date of the training.
        files: folder of the model's files, below the folder of artefacts.
        is_promoted: whether the version is in use from its date on.
    """

    model: str
    version: str
    as_of: str
    files: str
    is_promoted: bool

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
        content = {"state": state, "versions": [asdict(version) for version in versions]}
        written = self.path.with_suffix(".new")
        written.write_text(json.dumps(content, indent=1), encoding="utf-8")
        written.replace(self.path)
        return versions

    def _stored(self, state: str) -> list[Version] | None:
        if not self.path.exists():
            return None
        content = json.loads(self.path.read_text(encoding="utf-8"))
        if content["state"] != state:
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
            FileNotFoundError: a file of the registered model is missing.
        """
        promoted = [known for known in self._promoted() if date.fromisoformat(known.as_of) <= as_of]
        return self._load(promoted[-1]) if promoted else None

    def latest(self, as_of: date) -> Loaded | None:
        """The model of the latest training up to `as_of`, or None if it was not promoted.

        Raises:
            FileNotFoundError: a file of the registered model is missing.
        """
        dated = self.index.versions(self.model)
        known = [each for each in dated if date.fromisoformat(each.as_of) <= as_of]
        return self._load(known[-1]) if known and known[-1].is_promoted else None

    def last_trained(self, as_of: date) -> date | None:
        """Date of the latest training up to `as_of`, promoted or not; None before the first."""
        days = [date.fromisoformat(known.as_of) for known in self.index.versions(self.model)]
        return max((day for day in days if day <= as_of), default=None)

    def in_use(self) -> dict[date, str]:
        """Versions in use by the date from which each is used; of one date the latest version."""
        return {date.fromisoformat(known.as_of): known.version for known in self._promoted()}

    def load(self, version: str) -> Loaded:
        """The model of a registered version, promoted or not.

        Raises:
            KeyError: no such version is registered.
        """
        known = {each.version: each for each in self.index.versions(self.model)}
        return self._load(known[version])

    def _promoted(self) -> list[Version]:
        return [known for known in self.index.versions(self.model) if known.is_promoted]

    def _load(self, known: Version) -> Loaded:
        folder = self.artifacts.resolve() / known.files
        return self.read(folder, known.version, date.fromisoformat(known.as_of))


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
        )
        for known in client.search_model_versions()
    ]
