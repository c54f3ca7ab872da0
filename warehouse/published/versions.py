"""Versions of the published file: each has a folder of its own, and a link names the current one.

DuckDB keeps one open instance of a file in a process and shares it among connections, by the file's
resolved path. If a publication replaced the file itself, a process that holds a connection would
connect to the old instance again. With a path for each version, a new connection by the link reads
the new version (DuckDB 1.5), and so does one by the resolved path in every version of DuckDB
(measured: 1.1.3, 1.3.2, 1.4.1 and 1.5.5). Connections that are open go on reading their version.

    published/current         -> versions/000002
    published/holdfast.duckdb -> current/holdfast.duckdb
    published/current.json    -> current/version.json
    published/brief.html      -> current/brief.html, and every other file of the version

A publication replaces the first link by one rename, so the file and its description change
together. The version before is kept until the next publication, for a process that has resolved the
link and not opened the file yet.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from deployment.home import write_ahead_log
from deployment.publish import Readers
from warehouse.published.readers import open_to
from warehouse.published.tables import PublicationError

VERSIONS = "versions"
CURRENT = "current"
_DESCRIPTION = "version.json"
_POINTER = "current.json"


class Companion(Protocol):
    """Writes files that are published with the database, into the folder of its version."""

    def __call__(
        self, database: Path, before: Path | None, changed: Collection[date] | None
    ) -> None:
        """Write files beside a database that is complete and not yet published.

        Args:
            database: the new version of the published file.
            before: folder of the version before; None if there is none.
            changed: dates whose rows differ from it; None if that is not known.
        """


def put_in_place(
    fresh_path: Path,
    published_path: Path,
    description: Mapping[str, Any],
    changed: Collection[date] | None = None,
    companions: Sequence[Companion] = (),
    readable_by: Readers = "owner",
) -> dict[str, Any]:
    """Make a finished file the current version, durably, and remove all but it and the one before.

    A file or a link that an earlier release published in the link's place is replaced too.

    Args:
        fresh_path: the finished file, on the file system of the published one; it is moved.
        published_path: the path by which readers open the file.
        description: of the file's contents, for `current.json`.
        changed: dates whose rows differ from the version before; None if that is not known.
        companions: write further files, which are linked in the root by their names.
        readable_by: the accounts that may read the folder.

    Returns:
        The description with the version's number and the file's path, relative to `current.json`.

    Raises:
        PublicationError: the file system has no symbolic links; the published file is as it was.
    """
    root = published_path.parent
    before = published_path.resolve().parent if published_path.is_symlink() else None
    current = add_version(root)
    # The file keeps its name, by which DuckDB names the catalogue: holdfast.marts.dim_customers.
    version = current / published_path.name
    relative = version.relative_to(root).as_posix()
    written = {"version": int(current.name), "path": relative, **description}
    (current / _DESCRIPTION).write_text(json.dumps(written, indent=1), encoding="utf-8")
    flush(current / _DESCRIPTION)
    flush(fresh_path)
    fresh_path.replace(version)
    try:
        for companion in companions:
            companion(version, before, changed)
    except BaseException:
        shutil.rmtree(current)
        raise
    names = {path.name for path in current.iterdir()} - {published_path.name, _DESCRIPTION}
    open_to(readable_by, root)
    for file in current.rglob("*"):
        flush(file)
    make_current(root, current)
    # Left beside a regular file by a client that was killed while it had the file open for writing:
    # DuckDB would replay the log.
    write_ahead_log(published_path).unlink(missing_ok=True)
    for link, target in ((published_path, published_path.name), (root / _POINTER, _DESCRIPTION)):
        point(link, f"{CURRENT}/{target}")
    for name in sorted(names):
        point(root / name, f"{CURRENT}/{name}")
    keep_versions(root, {current, before})
    return written


def current_version(published_path: Path) -> dict[str, Any] | None:
    """The description of the current version; None if an earlier release published it."""
    try:
        found: dict[str, Any] = json.loads((published_path.parent / _POINTER).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return found


def add_version(root: Path) -> Path:
    """Make the empty folder of the next version; its name is the number."""
    versions = root / VERSIONS
    versions.mkdir(parents=True, exist_ok=True)
    folder = versions / f"{_last_number(versions) + 1:06d}"
    folder.mkdir()
    return folder


def make_current(root: Path, version: Path) -> None:
    """Point the link `current` to a complete version, by one rename, durably."""
    for folder in (version, version.parent):
        flush(folder)
    point(root / CURRENT, f"{VERSIONS}/{version.name}")


def point(link: Path, target: str) -> None:
    """Make a link name a path relative to its folder, by one rename, durably.

    Raises:
        PublicationError: the file system has no symbolic links; the link is as it was.
    """
    if link.is_symlink() and link.readlink().as_posix() == target:
        return
    fresh = link.with_name(f"{link.name}.link")
    fresh.unlink(missing_ok=True)
    try:
        fresh.symlink_to(target)  # relative, so that the home can be moved
    except OSError as error:
        raise PublicationError(
            f"nothing was published: {link.parent} has no symbolic links ({error});"
            " set HOLDFAST_HOME to a file system that has them"
        ) from error
    if link.is_dir() and not link.is_symlink():
        # The home was copied by a tool that followed the link.
        shutil.rmtree(link)
    fresh.replace(link)
    flush(link.parent)


def keep_versions(root: Path, kept: set[Path | None]) -> None:
    """Remove the folders of all other versions."""
    for folder in (root / VERSIONS).iterdir():
        if folder.name.isdigit() and folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def flush(path: Path) -> None:
    """Write a file or a folder's entries through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _last_number(versions: Path) -> int:
    """Number of the latest version, published or left by a killed publication; 0 without any."""
    return max((int(path.name) for path in versions.iterdir() if path.name.isdigit()), default=0)
