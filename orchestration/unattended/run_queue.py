"""Queue of the daemon: days stay in their order after a run was killed.

Dagster fails a killed run, and some seconds later queues it again. A run of a later day that is in
the queue already would be started in between, and no decisions are made for a day before a decided
one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.run_coordinator.queued_run_coordinator import (
    QueuedRunCoordinator,
    RunQueueConfig,
)

from orchestration.unattended.day_runs import will_be_retried

# The daemon retries within seconds. After this time a retry that never came stops no other run.
_PATIENCE = timedelta(minutes=10)


class RunQueue(QueuedRunCoordinator[dg.DagsterInstance]):
    """Dagster's queue, which starts nothing while a killed run is about to be queued again.

    Dagster creates it as dagster.yaml names it.
    """

    def get_run_queue_config(self) -> RunQueueConfig:
        """The limits of the queue at this moment."""
        limits = super().get_run_queue_config()
        return limits._replace(max_concurrent_runs=0) if self._awaits_retry() else limits

    def _awaits_retry(self) -> bool:
        failed = dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE], updated_after=datetime.now(UTC) - _PATIENCE
        )
        return any(map(will_be_retried, self._instance.get_runs(failed)))
