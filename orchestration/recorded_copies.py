"""Latest result of each copy of the published tables, as Dagster's event log records it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import dagster as dg

from orchestration.asset_keys import COPIES, COPY_IS_CURRENT
from orchestration.recorded_checks import recorded_checks


@dataclass(frozen=True)
class RecordedCopy:
    """A copy after the latest attempt to write it.

    Attributes:
        name: postgres or parquet.
        version: number of the published version that it holds; None if it was never written.
        as_of_date: the latest day in it, None if it was never written.
        problem: the reason for which it could not be written, or what is to be settled; None
            without any.
    """

    name: str
    version: int | None
    as_of_date: date | None
    problem: str | None


def recorded_copies(instance: dg.DagsterInstance, names: Iterable[str]) -> list[RecordedCopy]:
    """The copies of some names."""
    return [_recorded(instance, name) for name in names]


def _recorded(instance: dg.DagsterInstance, name: str) -> RecordedCopy:
    written = instance.get_latest_materialization_event(COPIES[name])
    materialization = written.asset_materialization if written else None
    if materialization is None:
        return RecordedCopy(name, None, None, _problem(instance, name))
    metadata = materialization.metadata
    return RecordedCopy(
        name,
        int(str(metadata["version"].value)),
        date.fromisoformat(str(metadata["as_of_date"].value)),
        _problem(instance, name),
    )


def _problem(instance: dg.DagsterInstance, name: str) -> str | None:
    """The description of the latest check, if it failed."""
    latest = recorded_checks(instance, dg.AssetCheckKey(COPIES[name], COPY_IS_CURRENT))
    return next((check.description for check in latest if not check.passed), None)
