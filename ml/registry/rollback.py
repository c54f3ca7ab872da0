"""Which model version is put back into use when the one in use is to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ml.errors import ModelError


class RollbackError(ModelError):
    """There is nothing to go back to; the text says what there is."""


@dataclass(frozen=True)
class Rollback:
    """The version that was put back, its date, and those that were taken out of use."""

    restored: str
    as_of: date
    withdrawn: tuple[str, ...]


def version_to_restore(promoted: Sequence[str], known: Sequence[str], to: str | None) -> str:
    """The version to go back to.

    Args:
        promoted: versions in use on some date, in the order of their dates, the current one last.
        known: all registered versions.
        to: the one that is asked for; None for the one before the current.

    Raises:
        RollbackError: no model is in use, none was before, or the one asked for is not there or
            is the current one.
    """
    if not promoted:
        raise RollbackError("no model is in use, so none can be rolled back")
    if to is None and len(promoted) == 1:
        raise RollbackError(
            f"version {promoted[0]} is the only one in use on any date, so there is none before it "
            "to go back to: name another with --to, or make one with `holdfast train`"
        )
    if to is None:
        return promoted[-2]
    if to == promoted[-1]:
        raise RollbackError(f"version {to} is the one in use")
    if to not in known:
        raise RollbackError(
            f"there is no version {to}; there are {', '.join(sorted(known, key=int))}"
        )
    return to
