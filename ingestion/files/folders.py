"""The folder of a source's files: on this machine, or in an object store."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from deployment.home import Home
from deployment.source_config import FilesSource
from ingestion.errors import SourceError
from ingestion.files.drops import find_drops, near_misses
from ingestion.files.fingerprint import sha256_of
from ingestion.landing.ledger import Drop
from ingestion.opened_source import OpenedSource


class Folder(Protocol):
    """A folder of files.

    Attributes:
        address: its path or URL, for messages.
    """

    @property
    def address(self) -> str:
        """Path or URL, for messages."""

    def drops(self, pattern: str) -> list[Drop]:
        """The files that match a pattern of `find_drops`; none of them is opened."""

    def near_misses(self, pattern: str) -> list[str]:
        """Files that would match if they were named as the pattern wants."""

    def fetch(self, drop: Drop, scratch: Path) -> tuple[Path, str]:
        """Path of a file or its copy on this machine, and the digest of its bytes.

        Raises:
            SourceError: the file cannot be read, is empty, or is a truncated gzip file.
        """

    def is_as_listed(self, drop: Drop) -> bool:
        """True if the file has not changed since it was listed."""


class LocalFolder:
    """A folder of this machine, whose files are read without a copy."""

    def __init__(self, path: Path) -> None:
        """Take an existing folder."""
        self._path = path

    @property
    def address(self) -> str:
        """The path."""
        return str(self._path)

    def drops(self, pattern: str) -> list[Drop]:
        """The files that match a pattern."""
        return find_drops(self._path, pattern)

    def near_misses(self, pattern: str) -> list[str]:
        """Files that would match if they were named as the pattern wants."""
        return near_misses(self._path, pattern)

    def fetch(self, drop: Drop, scratch: Path) -> tuple[Path, str]:
        """The file itself, and its digest."""
        path = self._path / drop.relative
        try:
            return path, sha256_of(path)
        except OSError as error:
            raise SourceError.of_file(
                path, f"it cannot be read: {error.strerror}: check its permissions"
            ) from None

    def is_as_listed(self, drop: Drop) -> bool:
        """True if size and time of change are those of the listing."""
        stat = (self._path / drop.relative).stat()
        return (stat.st_size, stat.st_mtime_ns) == (drop.size_bytes, drop.modified_ns)


def open_folder(opened: OpenedSource[FilesSource], home: Home) -> Folder:
    """The folder of a source.

    Raises:
        SourceError: the folder does not exist, or its store cannot be read.
    """
    if opened.config.is_remote:
        from ingestion.files.object_store import open_store

        return open_store(opened)
    location = home.root / opened.config.location
    if not location.is_dir():
        raise SourceError(
            f"source {opened.name}: its location {location} is not a folder: create it"
        )
    return LocalFolder(location)
