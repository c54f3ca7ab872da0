"""Files in an object store, or in another file system of fsspec.

Size, time of change and etag in a listing show which files are new. Only these are copied, once,
and hashed at the same time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from deployment.errors import HoldfastError
from deployment.source_config import FilesSource
from ingestion.errors import SourceError
from ingestion.files.drops import Listed, fixed_folder, matching, misses
from ingestion.files.fingerprint import sha256_of_stream
from ingestion.landing.ledger import Drop
from ingestion.opened_source import OpenedSource

# Names of the etag and the time of change in the listings of file systems.
_ETAGS = ("ETag", "etag", "md5Hash", "content_md5", "generation")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")
_EXTRAS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs",
           "abfss": "adlfs", "az": "adlfs", "sftp": "paramiko", "ssh": "paramiko"}  # fmt: skip


def open_store(opened: OpenedSource[FilesSource]) -> ObjectFolder:
    """The folder at the URL of a source's location; no request is sent yet.

    Raises:
        SourceError: there is no such kind of store, or its options are wrong.
    """
    name, hide = opened.name, opened.hide
    url = opened.value(opened.config.location)
    options = opened.value(opened.config.storage_options)
    from fsspec.core import url_to_fs

    scheme = url.partition("://")[0]
    try:
        # Instances and listings are not shared: another run sees what lies there then.
        filesystem, root = url_to_fs(
            url, skip_instance_cache=True, use_listings_cache=False, **options
        )
    except ImportError:
        package = _EXTRAS.get(scheme, f"the file system of {scheme}://")
        raise SourceError(
            f"source {name}: {scheme}:// needs a package that is not installed: install {package}"
        ) from None
    except (TypeError, ValueError) as error:
        raise SourceError(
            f"source {name}: its location or storage_options are wrong: {hide(_first_line(error))}"
        ) from None
    except Exception as error:
        if not _is_of_the_store(error):
            raise
        raise _unreachable(name, hide(url), error, hide) from None
    return ObjectFolder(name, hide(url).rstrip("/"), filesystem, root, hide)


class ObjectFolder:
    """A folder of a store; every failure of the store is a SourceError."""

    def __init__(
        self, source: str, address: str, filesystem: Any, root: str, hide: Callable[[str], str]
    ) -> None:
        """The folder `root` of an fsspec file system; `hide` takes the secrets out of messages."""
        self._source = source
        self._address = address
        self._filesystem = filesystem
        self._root = root.rstrip("/")
        self._hide = hide
        self._listed: dict[str, list[Listed]] = {}

    @property
    def address(self) -> str:
        """The URL, without secrets."""
        return self._address

    def drops(self, pattern: str) -> list[Drop]:
        """The files that match a pattern."""
        return matching(self._list(fixed_folder(pattern)), f"{self._address}/", pattern)

    def near_misses(self, pattern: str) -> list[str]:
        """Files that would match if they were named as the pattern wants."""
        return misses((file.relative for file in self._list(fixed_folder(pattern))), pattern)

    def fetch(self, drop: Drop, scratch: Path) -> tuple[Path, str]:
        """A copy in scratch, and the digest of its bytes."""
        # The suffix .gz means compression.
        suffix = PurePosixPath(drop.relative).suffix
        copy = scratch / f"{hashlib.sha256(drop.name.encode()).hexdigest()}{suffix}"
        with (
            self._failures_translated(drop.name),
            self._filesystem.open(self._path(drop.relative), "rb") as binary,
            copy.open("wb") as target,
        ):
            digest = sha256_of_stream(binary, drop.name, target)
        if copy.stat().st_size != drop.size_bytes:
            raise SourceError.of_file(
                drop.name, "the file changed while it was read: run again when it is complete"
            )
        return copy, digest

    def is_as_listed(self, drop: Drop) -> bool:
        """True if the store still lists the file with the same size, time and etag."""
        path = self._path(drop.relative)
        with self._failures_translated(drop.name):
            found = self._filesystem.info(path)
        return _listed(drop.relative, found) == Listed(drop.relative, *drop.version)

    def _list(self, folder: str) -> list[Listed]:
        if folder not in self._listed:
            path = self._path(folder)
            with self._failures_translated(f"{self._address}/{folder}".rstrip("/")):
                found = self._filesystem.find(path, detail=True)
            root = self._filesystem._strip_protocol(self._root).strip("/")  # noqa: SLF001
            self._listed[folder] = [
                _listed(relative, detail)
                for name, detail in found.items()
                if (relative := name.strip("/").removeprefix(root).strip("/"))
                and detail.get("type", "file") == "file"
            ]
        return self._listed[folder]

    def _path(self, relative: str) -> str:
        return f"{self._root}/{relative}".rstrip("/")

    @contextmanager
    def _failures_translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except SourceError:
            raise
        except Exception as error:
            if not _is_of_the_store(error):
                raise
            raise _unreachable(self._source, what, error, self._hide) from None


def _listed(relative: str, detail: Mapping[str, Any]) -> Listed:
    etag = next((str(detail[key]) for key in _ETAGS if detail.get(key)), None)
    moment = next((detail[key] for key in _TIMES if detail.get(key)), None)
    return Listed(relative, int(detail["size"] or 0), _nanoseconds(moment), etag)


def _nanoseconds(moment: Any) -> int:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return round(moment * 1_000_000) * 1000 if isinstance(moment, int | float) else 0


def _is_of_the_store(error: Exception) -> bool:
    """True for an error of the network or of the store's library, and not of this program."""
    is_ours = isinstance(error, HoldfastError) or type(error).__module__ == "builtins"
    return isinstance(error, OSError) or not is_ours


def _unreachable(
    source: str, what: str, error: Exception, hide: Callable[[str], str]
) -> SourceError:
    if isinstance(error, PermissionError):
        meaning = "the store refuses it: check the credentials in storage_options and their rights"
    elif isinstance(error, FileNotFoundError):
        meaning = "it is not there: correct location or path"
    else:
        meaning = f"the store cannot be read ({type(error).__name__}): is it up, and reachable?"
    detail = hide(_first_line(error))
    return SourceError(f"source {source}: {what}: {meaning}{f' ({detail})' if detail else ''}")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")
