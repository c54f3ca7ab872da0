"""Run launcher of the daemon: Dagster's default one, which knows whether a run is still alive.

Without it, a run whose process was killed stays started, and the queue, which admits one run at a
time, waits for it without end. Run monitoring asks the launcher and marks such a run as failed.
"""

from __future__ import annotations

from typing import Any

from dagster import DagsterRun
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

from orchestration.runtime.instance import PROCESS_TAG, was_killed


class RunLauncher(DefaultRunLauncher):
    """Starts runs in processes of the code server; Dagster creates it as dagster.yaml names it."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring may ask for the state of a run."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """State of the process that executes a run.

        A run of the command line is tagged with its process. Of any other, the code server that
        started it is asked; a server that has ended has taken its runs with it.
        """
        process = run.tags.get(PROCESS_TAG)
        if process is not None:
            return _result(is_alive=not was_killed(process))
        client: Any = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:
            return _result(is_alive=True)  # another program executes it, and reports its end
        try:
            answer = client.can_cancel_execution(CanCancelExecutionRequest(run_id=run.run_id))
        except DagsterUserCodeUnreachableError:
            return _result(is_alive=False)
        return _result(is_alive=deserialize_value(answer, CanCancelExecutionResult).can_cancel)


def _result(*, is_alive: bool) -> CheckRunHealthResult:
    if is_alive:
        return CheckRunHealthResult(WorkerStatus.RUNNING)
    return CheckRunHealthResult(
        WorkerStatus.FAILED, "the process that executed this run was killed"
    )
