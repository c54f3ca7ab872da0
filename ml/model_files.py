"""Files of a model: their fingerprint and their writing, alike for every kind of model."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path


def fingerprint_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 of all contents in their order, as hexadecimal digits; equal for equal models."""
    digest = hashlib.sha256()
    for content in files.values():
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files by name into an existing folder.

    Raises:
        OSError: the folder does not exist or is not writable.
    """
    for name, content in files.items():
        (folder / name).write_bytes(content)


class StoredModel(ABC):
    """A model that is stored as files; `load` of each kind reads what `save` has written."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the model's files; equal models have equal fingerprints."""
        return fingerprint_of(self._files())

    def save(self, folder: Path) -> None:
        """Write the model's files into an existing folder."""
        write_files(self._files(), folder)

    @abstractmethod
    def _files(self) -> Mapping[str, bytes]:
        """Content by name of file."""
