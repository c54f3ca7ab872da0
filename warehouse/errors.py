"""Failures of the working DuckDB file; here a file held by another process is recognised."""

from __future__ import annotations

from pathlib import Path

import duckdb

from deployment.errors import HoldfastError

# DuckDB raises an IOException for every failure of a file; only its text has the kind.
_LOCK_CONFLICTS = ("Could not set lock on file", "Conflicting lock is held")
_NEWER_FORMAT = "Trying to read a database file with version number"


class WarehouseError(HoldfastError):
    """The working file cannot be used as asked."""


class WarehouseBusyError(WarehouseError):
    """Another process holds the working file: a retry may succeed."""


class NewerReleaseError(WarehouseError):
    """A newer release of Holdfast or DuckDB has written the working file; it is not damaged."""

    def __init__(self, path: Path, evidence: str) -> None:
        """Name the file, and by what the newer release is known."""
        super().__init__(
            f"{path} was written by a newer release ({evidence}): run that release of Holdfast, or "
            "restore the backup that was made before the upgrade"
        )


def busy_error(path: Path, duckdb_message: str) -> WarehouseBusyError | None:
    """Recognise DuckDB's report that another process holds a file; None for any other message.

    Args:
        path: the file, for the message.
        duckdb_message: the text of a `duckdb.Error`, also inside a message of dbt.
    """
    if not any(conflict in duckdb_message for conflict in _LOCK_CONFLICTS):
        return None
    holder = duckdb_message.partition("(PID ")[2].partition(")")[0]
    by = f" by process {holder}" if holder else ""
    return WarehouseBusyError(f"{path} is being written{by}: wait for that run to end, or stop it")


def opening_error(path: Path, error: duckdb.Error) -> WarehouseError:
    """Explain why DuckDB could not open the working file."""
    message = str(error)
    if busy := busy_error(path, message):
        return busy
    if not path.exists():
        return missing_error(path)
    if _NEWER_FORMAT in message:
        return NewerReleaseError(path, "DuckDB cannot read the file's format")
    return WarehouseError(f"{path} cannot be opened: {message.splitlines()[0]}")


def missing_error(path: Path) -> WarehouseError:
    """Explain that no run has made the working file yet."""
    return WarehouseError(f"{path} does not exist: run the daily job first")
