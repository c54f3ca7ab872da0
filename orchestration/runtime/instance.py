"""The Dagster instance of a home: its configuration, its environment, and runs left unfinished.

Everything a process of Holdfast must have in its environment is said here once, telemetry included.
What the instance runs is in `definitions.py`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deployment.config_file import CONFIG_VARIABLE
from deployment.errors import HoldfastError
from deployment.home import HOME_VARIABLE, Home

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

LOCATION = "holdfast"
WAREHOUSE_VARIABLE = "HOLDFAST_WAREHOUSE"
PROCESS_TAG = "holdfast/process"

SILENCE: Mapping[str, str] = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # It tells of every table that it creates.
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}

# The events that announce a run's tables are stored together, and not one by one.
EVENTS: Mapping[str, str] = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}

# Nothing here uses MLflow's job queue, whose eight workers take a minute of processor to start.
SERVERS: Mapping[str, str] = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}

# Training on a machine that is busy otherwise takes three times as long: threads that wait spin.
THREADS: Mapping[str, str] = {"OMP_WAIT_POLICY": "passive"}

_DAGSTER_YAML = """\
# Written by Holdfast on every start; what is changed here is lost.
telemetry:
  enabled: false
event_log_storage:
  module: orchestration.runtime.event_log
  class: EventLog
  config:
    base_dir: {env: DAGSTER_HOME}
# One run at a time, and one step at a time that writes the warehouse.
concurrency:
  runs:
    max_concurrent_runs: 1
  pools:
    default_limit: 1
    granularity: op
run_monitoring:
  enabled: true
  free_slots_after_run_end_seconds: 30
# Steps log through Dagster; capturing their output too would redirect the terminal's.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


class RunError(HoldfastError):
    """A run failed or may not begin; the text says what went wrong, a line each."""


def environment(home: Home, config_path: Path) -> dict[str, str]:
    """What the processes of a deployment find in their environment, telemetry switched off."""
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


def prepare(home: Home, config_path: Path) -> None:
    """Make the home's folders and Dagster's configuration, and set this process's environment.

    To be called before dagster, dbt or mlflow is imported: they read their environment then.
    """
    home.create()
    settings = home.dagster_home / "dagster.yaml"
    if not settings.exists() or settings.read_text(encoding="utf-8") != _DAGSTER_YAML:
        settings.write_text(_DAGSTER_YAML, encoding="utf-8")
    os.environ.update(environment(home, config_path))


def process_tag() -> str:
    """This process, as a run that it executes is marked."""
    return f"{socket.gethostname()}:{os.getpid()}"


def runs_in_progress(instance: DagsterInstance) -> list[DagsterRun]:
    """Runs that are being executed, after closing those whose process was killed.

    A killed process leaves its run as started and its place in the pool taken; the next run would
    wait for it for ever.
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
        if _was_killed(run.tags.get(PROCESS_TAG)):
            instance.report_run_failed(run, "The process that executed this run was killed.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        else:
            alive.append(run)
    return alive


def _was_killed(process: str | None) -> bool:
    """Whether the process of a tag, if of this machine, is no longer there."""
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
