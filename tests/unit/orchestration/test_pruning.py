"""Runs that are removed, and the space that a pruned warehouse gives back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import DagsterRun

from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.pruning import give_space_back, old_runs
from warehouse.connection import Warehouse


def test_runs_that_have_ended_before_a_moment_are_removed_the_oldest_first() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        ids = []
        for status in ("SUCCESS", "STARTED", "FAILURE", "CANCELED"):
            run = DagsterRun(job_name="daily", status=dg.DagsterRunStatus[status])
            ids.append(instance.add_run(run).run_id)
        now = datetime.now(UTC)
        ended = [ids[0], *ids[2:]]
        assert old_runs(instance, now + timedelta(hours=1), None) == ended
        assert old_runs(instance, now + timedelta(hours=1), 2) == ended[:2]
        assert old_runs(instance, now - timedelta(hours=1), None) == []


def test_a_warehouse_with_much_free_space_is_written_again_and_another_is_not(
    demo_config: DeploymentConfig, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    with Warehouse(home.warehouse).connect() as con:
        con.execute("create table few as select 1 as number")
        con.execute("create table many as select random() as number from range(2_000_000)")
    assert give_space_back(demo_config, home) == 0
    with Warehouse(home.warehouse).connect() as con:
        con.execute("drop table many")
    before = home.warehouse.stat().st_size
    assert give_space_back(demo_config, home) > 0.8 * before
    with Warehouse(home.warehouse).connect(read_only=True) as con:
        assert con.execute("from few").fetchall() == [(1,)]
