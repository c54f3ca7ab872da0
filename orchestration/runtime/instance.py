"""Dagster instance of a home: its configuration, the processes' environment, unfinished runs.

Telemetry of every library is switched off here. Definitions do not belong here (`definitions.py`).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deployment.config_file import CONFIG_VARIABLE
from deployment.errors import HoldfastError
from deployment.home import HOME_VARIABLE, PRIVATE_UMASK, Home

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

LOCATION = "holdfast"
WAREHOUSE_VARIABLE = "HOLDFAST_WAREHOUSE"
PROCESS_TAG = "holdfast/process"

SILENCE: Mapping[str, str] = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # At level INFO a new store logs every table of its schema.
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}

# One transaction stores all events that announce a run's tables.
EVENTS: Mapping[str, str] = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}

# MLflow's job queue is not used, and its eight workers take a minute of CPU to start.
SERVERS: Mapping[str, str] = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}

# By default waiting OpenMP threads spin: on a busy machine a training takes three times as long.
THREADS: Mapping[str, str] = {"OMP_WAIT_POLICY": "passive"}

_DAGSTER_YAML = """\
# Written by Holdfast on every start; changes are lost.
telemetry:
  enabled: false
event_log_storage:
  module: orchestration.runtime.event_log_storage
  class: EventLogStorage
  config:
    base_dir: {env: DAGSTER_HOME}
# One run at a time, and one step at a time that writes the warehouse.
run_coordinator:
  module: orchestration.unattended.run_queue
  class: RunQueue
  config:
    max_concurrent_runs: 1
concurrency:
  pools:
    default_limit: 1
    granularity: op
# A run whose process was killed (a restart of the machine) is failed and run again, twice at most.
# A run that fails by itself is left to the next tick of the schedule.
run_launcher:
  module: orchestration.runtime.run_launcher
  class: RunLauncher
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
  free_slots_after_run_end_seconds: 30
run_retries:
  enabled: true
  max_retries: 2
  retry_on_asset_or_op_failure: false
# A busy machine takes minutes to load the definitions.
code_servers:
  local_startup_timeout: 600
retention:
  schedule: {purge_after_days: 90}
  sensor: {purge_after_days: {skipped: 7, failure: 30, success: 90}}
# Steps log through Dagster; capturing their output would redirect the terminal's.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


class RunError(HoldfastError):
    """A run failed or cannot start; the text has a line for each reason."""


def environment(home: Home, config_path: Path) -> dict[str, str]:
    """The environment variables of a deployment's processes."""
    return {
        **SILENCE,
        **EVENTS,
        **SERVERS,
        **THREADS,
        HOME_VARIABLE: str(home.root),
        CONFIG_VARIABLE: str(config_path.resolve()),
        WAREHOUSE_VARIABLE: str(home.warehouse),
        "DAGSTER_HOME": str(home.dagster_home),
    }


def prepare(home: Home, config_path: Path) -> list[Path]:
    """Make the home's folders and Dagster's configuration, and set this process's environment.

    Call this before dagster, dbt or mlflow is imported: they read the environment at import.

    Returns:
        Folders and files of the home that were open to other accounts, and are no more.
    """
    os.umask(PRIVATE_UMASK)
    closed = home.create().protect()
    settings = home.dagster_home / "dagster.yaml"
    if not settings.exists() or settings.read_text(encoding="utf-8") != _DAGSTER_YAML:
        settings.write_text(_DAGSTER_YAML, encoding="utf-8")
    os.environ.update(environment(home, config_path))
    return closed


def process_tag() -> str:
    """The value of the tag that marks a run as executed by this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def runs_in_progress(instance: DagsterInstance) -> list[DagsterRun]:
    """Runs that are being executed, after failing those whose process was killed.

    A killed process leaves its run as started and its pool slot taken, for which the next run would
    wait without end.
    """
    from dagster import DagsterRunStatus, RunsFilter

    running = instance.get_runs(
        RunsFilter(
            statuses=[
                DagsterRunStatus.STARTING,
                DagsterRunStatus.STARTED,
                DagsterRunStatus.CANCELING,
            ]
        )
    )
    alive = []
    for run in running:
        if was_killed(run.tags.get(PROCESS_TAG)):
            instance.report_run_failed(run, "The process that executed this run was killed.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        else:
            alive.append(run)
    return alive


def require_idle(instance: DagsterInstance) -> None:
    """Check that no run is being executed.

    Raises:
        RunError: a run is in progress.
    """
    for run in runs_in_progress(instance):
        raise RunError(
            f"run {run.run_id[:8]} of {run.job_name} is in progress: wait for its end, or "
            "stop it in the UI"
        )


def was_killed(process: str | None) -> bool:
    """True if the tagged process belongs to this machine and no longer exists."""
    if process is None:
        return False
    host, _, pid = process.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
