from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun

from orchestration.runtime.instance import PROCESS_TAG, process_tag
from orchestration.runtime.run_launcher import RunLauncher


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    launcher = {"module": RunLauncher.__module__, "class": RunLauncher.__name__}
    with dg.DagsterInstance.local_temp(
        str(tmp_path), overrides={"run_launcher": launcher, "run_monitoring": {"enabled": True}}
    ) as instance:
        yield instance


def status_of(instance: dg.DagsterInstance, tags: dict[str, str]) -> WorkerStatus:
    run = instance.add_run(
        DagsterRun(job_name="daily", status=dg.DagsterRunStatus.STARTED, tags=tags)
    )
    assert instance.run_launcher.supports_check_run_worker_health
    return instance.run_launcher.check_run_worker_health(run).status


def test_a_run_of_the_command_line_is_alive_as_long_as_its_process(
    instance: dg.DagsterInstance,
) -> None:
    assert status_of(instance, {PROCESS_TAG: process_tag()}) is WorkerStatus.RUNNING
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    killed = f"{socket.gethostname()}:{ended.pid}"
    assert status_of(instance, {PROCESS_TAG: killed}) is WorkerStatus.FAILED


def test_a_run_whose_code_server_has_ended_was_killed(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    server = json.dumps({"host": "localhost", "socket": str(tmp_path / "gone")})
    assert status_of(instance, {".dagster/grpc_info": server}) is WorkerStatus.FAILED


def test_a_run_that_another_program_executes_is_left_alone(instance: dg.DagsterInstance) -> None:
    assert status_of(instance, {}) is WorkerStatus.RUNNING
