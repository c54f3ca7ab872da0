"""Rollback: selection of the model version to restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ml.errors import ModelError


class RollbackError(ModelError):
    """No version can be restored; the message names the versions there are."""


@dataclass(frozen=True)
class Rollback:
    """The restored version, its date, and the versions that went out of use."""

    restored: str
    as_of: date
    withdrawn: tuple[str, ...]


def version_to_restore(promoted: Sequence[str], known: Sequence[str], to: str | None) -> str:
    """Version to restore.

    Args:
        promoted: promoted versions in the order of their dates, the current one last.
        known: all registered versions.
        to: the requested version; None for the one before the current.

    Raises:
        RollbackError: no version is promoted, there is none before the current, or the requested
            version does not exist or is the current one.
    """
    if not promoted:
        raise RollbackError("no model is in use, so none can be rolled back")
    if to is None and len(promoted) == 1:
        raise RollbackError(
            f"version {promoted[0]} is the only promoted version, so there is no previous one: "
            "name another version with --to, or train one with `holdfast train`"
        )
    if to is None:
        return promoted[-2]
    if to == promoted[-1]:
        raise RollbackError(f"version {to} is already in use")
    if to not in known:
        raise RollbackError(
            f"there is no version {to}; there are {', '.join(sorted(known, key=int))}"
        )
    return to
