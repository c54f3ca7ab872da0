"""Versions of the published file: each has a path of its own, and a link names the current one.

DuckDB keeps one open instance of a file in a process and shares it among connections, by the file's
resolved path. If a publication replaced the file itself, a process that holds a connection would
connect to the old instance again. With a path for each version, a new connection by the link reads
the new version (DuckDB 1.5), and so does one by the resolved path in every version of DuckDB
(measured: 1.1.3, 1.3.2, 1.4.1 and 1.5.5). Connections that are open go on reading their version.

    published/holdfast.duckdb -> versions/000002/holdfast.duckdb

The version before is kept until the next publication, for a process that has resolved the link and
not opened the file yet.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from warehouse.published.tables import PublicationError

_FOLDER = "versions"


def put_in_place(fresh_path: Path, published_path: Path) -> None:
    """Make a finished file the current version, durably, and remove all but it and the one before.

    The link is replaced by one rename. A file that an earlier release published in the link's place
    is replaced too.

    Raises:
        PublicationError: the file system has no symbolic links; the published file is as it was.
    """
    versions = published_path.parent / _FOLDER
    versions.mkdir(exist_ok=True)
    before = published_path.resolve().parent if published_path.is_symlink() else None
    current = versions / f"{_last_number(versions) + 1:06d}"
    current.mkdir()
    # The file keeps its name, by which DuckDB names the catalogue: holdfast.marts.dim_customers.
    version = current / published_path.name
    _flush(fresh_path)
    fresh_path.replace(version)
    for folder in (current, versions):
        _flush(folder)
    _point(published_path, version)
    for folder in versions.iterdir():
        if folder not in (current, before):
            shutil.rmtree(folder, ignore_errors=True)


def _last_number(versions: Path) -> int:
    """Number of the latest version, published or left by a killed publication; 0 without any."""
    return max((int(path.name) for path in versions.iterdir() if path.name.isdigit()), default=0)


def _point(published_path: Path, version: Path) -> None:
    link = published_path.with_name(f"{published_path.name}.link")
    link.unlink(missing_ok=True)
    try:
        # Relative, so that the home can be moved.
        link.symlink_to(version.relative_to(published_path.parent))
    except OSError as error:
        raise PublicationError(
            f"nothing was published: {published_path.parent} has no symbolic links ({error});"
            " set HOLDFAST_HOME to a file system that has them"
        ) from error
    # Left beside a regular file by a client that was killed while it had the file open for writing:
    # DuckDB would replay the log.
    published_path.with_name(f"{published_path.name}.wal").unlink(missing_ok=True)
    link.replace(published_path)
    _flush(published_path.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
