"""Published days and runs of days, as Dagster's instance and the published file record them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import dagster as dg

from deployment.home import Home
from orchestration.asset_keys import PUBLISHED
from orchestration.jobs import BACKFILL, DAILY, RETRAIN
from orchestration.loggers import OWN_LOGGER
from orchestration.unattended.missed_days import DayRun, History, State, Stretch
from warehouse.published.publication import noted_dates

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"

_PARTITION = "dagster/partition"
# Of the runs in the queue, the one with the highest priority is started first.
_PRIORITY = "dagster/priority"
_WILL_RETRY, _IS_RETRIED = "dagster/will_retry", "dagster/auto_retry_run_id"
_JOBS = frozenset({DAILY, RETRAIN, BACKFILL})
# Runs searched, the latest first: at five a day, a hundred days.
_RUNS = 500
_STATES: Mapping[dg.DagsterRunStatus, State] = {
    dg.DagsterRunStatus.SUCCESS: "succeeded",
    dg.DagsterRunStatus.FAILURE: "failed",
    dg.DagsterRunStatus.CANCELED: "stopped",
}


def read_history(instance: dg.DagsterInstance, home: Home) -> History:
    """Published days, and the latest runs of the jobs that publish days.

    A day without a recorded run counts as published if the published file has it: the record may be
    gone, or deleted for its age (`keep.runs_days`). A day whose run failed does not, although its
    rows are published with a later day's. Days before those in the file have been removed from it.
    """
    found = (_day_run(run) for run in instance.get_runs(limit=_RUNS) if run.job_name in _JOBS)
    runs = tuple(run for run in found if run is not None)
    attempted = {day for run in runs for day in run.days}
    recorded = map(date.fromisoformat, instance.get_materialized_partitions(PUBLISHED))
    noted = noted_dates(home.published)
    first = min(noted, default=date.min)
    published = {day for day in recorded if day >= first} | (noted - attempted)
    return History(frozenset(published), runs)


def tags_of(stretch: Stretch) -> dict[str, str]:
    """Tags of a run over a range of days."""
    return {RANGE_START: stretch.first.isoformat(), RANGE_END: stretch.last.isoformat()}


def run_request(stretch: Stretch, run_key: str) -> dg.RunRequest:
    """The request of one run over a stretch of days; of queued runs, the oldest day's is first.

    Its log is in Dagster's event log only: the daemon's log is read by more people.
    """
    tags = {_PRIORITY: str(-stretch.first.toordinal())}
    day = stretch.first.isoformat() if stretch.first == stretch.last else None
    return dg.RunRequest(
        run_key=run_key,
        run_config=OWN_LOGGER,
        partition_key=day,
        tags=tags if day else {**tags, **tags_of(stretch)},
    )


def will_be_retried(run: dg.DagsterRun) -> bool:
    """True for a run whose process was killed, and that the daemon has not yet run again.

    Dagster marks each killed run as one to be retried. It retries only runs of the code location,
    which have an origin: a run of the command line has none.
    """
    return (
        run.remote_job_origin is not None
        and run.tags.get(_WILL_RETRY) == "true"
        and _IS_RETRIED not in run.tags
    )


def _day_run(run: dg.DagsterRun) -> DayRun | None:
    """The run with its days; None for a run without a partition, which publishes no day."""
    day = run.tags.get(_PARTITION)
    first, last = run.tags.get(RANGE_START, day), run.tags.get(RANGE_END, day)
    if first is None or last is None:
        return None
    state: State = "active" if will_be_retried(run) else _STATES.get(run.status, "active")
    return DayRun(run.run_id, date.fromisoformat(first), date.fromisoformat(last), state)
