"""Latest results of an asset check, as Dagster's event log records them."""

from __future__ import annotations

from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
)


@dataclass(frozen=True)
class RecordedCheck:
    """A result of a check.

    Attributes:
        run_id: the run that evaluated it.
        passed: whether it passed.
        is_error: whether its severity is ERROR, which blocks publication if the check is blocking.
        description: its message.
    """

    run_id: str
    passed: bool
    is_error: bool
    description: str | None


def recorded_checks(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, limit: int = 1
) -> list[RecordedCheck]:
    """Results of a check, the latest first; those that a running run has planned are left out."""
    found = []
    for record in instance.event_log_storage.get_asset_check_execution_history(
        key, limit=limit, status=COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES
    ):
        event = record.event.dagster_event if record.event else None
        if event is None:
            continue
        result = event.asset_check_evaluation_data
        found.append(
            RecordedCheck(
                record.run_id,
                result.passed,
                result.severity is dg.AssetCheckSeverity.ERROR,
                result.description,
            )
        )
    return found
