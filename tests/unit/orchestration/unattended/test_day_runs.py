from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import DagsterRun

from deployment.home import Home
from orchestration.asset_keys import PUBLISHED
from orchestration.unattended.day_runs import read_history, run_request, tags_of
from orchestration.unattended.missed_days import Stretch
from tests.unit.orchestration.unattended.killed_runs import killed_run
from tests.unit.warehouse.company import FIRST, Company

NOWHERE = Home(Path("/nowhere"))
DAY = date(2026, 6, 29)
RANGE = Stretch(date(2026, 6, 26), date(2026, 6, 28))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_runs_are_read_with_their_days_and_state_the_latest_first(
    instance: dg.DagsterInstance,
) -> None:
    for job, status, tags in (
        ("daily", dg.DagsterRunStatus.SUCCESS, {"dagster/partition": "2026-06-25"}),
        ("backfill", dg.DagsterRunStatus.FAILURE, tags_of(RANGE)),
        ("retrain", dg.DagsterRunStatus.CANCELED, {"dagster/partition": f"{DAY}"}),
        ("daily", dg.DagsterRunStatus.STARTED, {"dagster/partition": f"{DAY}"}),
        ("another", dg.DagsterRunStatus.FAILURE, {"dagster/partition": f"{DAY}"}),
        ("daily", dg.DagsterRunStatus.FAILURE, {}),
    ):
        instance.add_run(DagsterRun(job_name=job, status=status, tags=tags))
    instance.report_runless_asset_event(dg.AssetMaterialization(PUBLISHED, partition="2026-06-25"))
    history = read_history(instance, NOWHERE)
    assert history.published == {date(2026, 6, 25)}
    assert [(run.first, run.last, run.state) for run in history.runs] == [
        (DAY, DAY, "active"),
        (DAY, DAY, "stopped"),
        (RANGE.first, RANGE.last, "failed"),
        (date(2026, 6, 25), date(2026, 6, 25), "succeeded"),
    ]
    assert history.failures == dict.fromkeys(history.runs[2].days, 1)
    assert history.active == {DAY}


def test_a_day_of_the_published_file_counts_unless_a_recorded_run_of_it_failed(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    company = Company(tmp_path).create()
    company.run(0, 1, 2)
    company.publish()
    instance.add_run(killed_run(FIRST + timedelta(days=1), is_of_daemon=False))
    history = read_history(instance, Home(company.folder))
    assert history.published == {FIRST, FIRST + timedelta(days=2)}


def test_one_day_is_requested_by_its_partition_and_several_by_their_range() -> None:
    assert run_request(Stretch(DAY, DAY), "k").partition_key == "2026-06-29"
    request = run_request(RANGE, "k")
    assert request.partition_key is None
    assert request.tags.items() >= tags_of(RANGE).items()


def test_of_queued_runs_the_one_of_the_oldest_day_is_started_first() -> None:
    older, newer = run_request(RANGE, "k"), run_request(Stretch(DAY, DAY), "k")
    assert int(older.tags["dagster/priority"]) > int(newer.tags["dagster/priority"])


def test_a_killed_run_that_the_daemon_runs_again_is_not_requested_meanwhile(
    instance: dg.DagsterInstance,
) -> None:
    for run in (killed_run(DAY), killed_run(DAY, retried_as="another")):
        instance.add_run(run)
    assert [run.state for run in read_history(instance, NOWHERE).runs] == ["failed", "active"]


def test_a_killed_run_of_the_command_line_has_failed_because_no_daemon_runs_it_again(
    instance: dg.DagsterInstance,
) -> None:
    instance.add_run(killed_run(DAY, is_of_daemon=False))
    assert [run.state for run in read_history(instance, NOWHERE).runs] == ["failed"]


def test_the_published_file_knows_days_whose_runs_were_deleted_and_none_that_it_has_removed(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    for day in ("2026-06-01", "2026-06-25"):
        instance.report_runless_asset_event(dg.AssetMaterialization(PUBLISHED, partition=day))
    noted = {"2026-06-23": "a", "2026-06-24": "b"}
    home = Home(tmp_path)
    note = home.published.with_name("holdfast.state.json")
    note.parent.mkdir()
    note.write_text(json.dumps({"revisions": noted}), encoding="utf-8")
    history = read_history(instance, home)
    assert history.published == {date(2026, 6, 23), date(2026, 6, 24), date(2026, 6, 25)}
