from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from deployment.home import Home
from orchestration.runtime.instance import PROCESS_TAG, environment, process_tag, runs_in_progress


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@dg.op
def nothing() -> None: ...


@dg.job
def idle() -> None:
    nothing()


def started_run(instance: dg.DagsterInstance, process: str) -> str:
    run = instance.create_run_for_job(
        idle, tags={PROCESS_TAG: process}, status=dg.DagsterRunStatus.STARTED
    )
    return run.run_id


def test_telemetry_is_off(empty_home: Home) -> None:
    settings = yaml.safe_load((empty_home.dagster_home / "dagster.yaml").read_text())
    assert settings["telemetry"] == {"enabled": False}
    variables = environment(empty_home, Path("config/demo.yml"))
    assert variables["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert variables["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"


def test_one_run_at_a_time_and_one_writer_of_the_warehouse(empty_home: Home) -> None:
    settings = yaml.safe_load((empty_home.dagster_home / "dagster.yaml").read_text())
    assert settings["run_coordinator"]["config"]["max_concurrent_runs"] == 1
    assert settings["concurrency"]["pools"]["default_limit"] == 1


def test_a_run_whose_process_was_killed_is_failed_and_blocks_no_other(
    instance: dg.DagsterInstance,
) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    run_id = started_run(instance, f"{socket.gethostname()}:{process.pid}")
    assert runs_in_progress(instance) == []
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.FAILURE


def test_a_run_whose_process_exists_is_in_progress(instance: dg.DagsterInstance) -> None:
    run_id = started_run(instance, process_tag())
    assert [run.run_id for run in runs_in_progress(instance)] == [run_id]


def test_a_run_on_another_machine_counts_as_in_progress(instance: dg.DagsterInstance) -> None:
    run_id = started_run(instance, f"elsewhere:{os.getpid()}")
    assert [run.run_id for run in runs_in_progress(instance)] == [run_id]
