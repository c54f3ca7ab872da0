from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
import yaml

from deployment.home import Home
from orchestration.unattended.run_queue import RunQueue
from tests.unit.orchestration.unattended.killed_runs import killed_run

DAY = date(2026, 6, 29)


@pytest.fixture
def instance(empty_home: Home, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance with the queue that the home's dagster.yaml names."""
    settings = yaml.safe_load((empty_home.dagster_home / "dagster.yaml").read_text())
    overrides = {"run_coordinator": settings["run_coordinator"]}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as instance:
        assert isinstance(instance.run_coordinator, RunQueue)
        yield instance


def admitted(instance: dg.DagsterInstance) -> int:
    """Runs that the daemon has in progress at once."""
    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    return queue.max_concurrent_runs


def test_the_queue_starts_one_run_at_a_time_and_none_before_a_killed_one_is_queued_again(
    instance: dg.DagsterInstance,
) -> None:
    assert admitted(instance) == 1
    run = instance.add_run(killed_run(DAY))
    assert admitted(instance) == 0
    instance.add_run_tags(run.run_id, {"dagster/auto_retry_run_id": "another"})
    assert admitted(instance) == 1


def test_a_killed_run_that_is_never_retried_does_not_stop_the_queue(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    instance.add_run(killed_run(DAY, is_of_daemon=False))
    assert admitted(instance) == 1
    instance.add_run(killed_run(DAY))
    (runs,) = tmp_path.rglob("runs.db")
    with closing(sqlite3.connect(runs)) as con, con:
        con.execute("update runs set update_timestamp = datetime('now', '-11 minutes')")
    assert admitted(instance) == 1
