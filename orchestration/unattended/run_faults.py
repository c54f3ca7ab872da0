"""Faults of days: failed, blocked by drift, missed, late. Pure functions of days and runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.fault import Fault
from deployment.config import DeploymentConfig
from orchestration.unattended.missed_days import (
    DayRun,
    History,
    abandoned_days,
    stretches,
    unpublished_days,
)

_ID_SHOWN = 8


def day_faults(
    history: History, blocked: Mapping[str, str], config: DeploymentConfig, now: datetime
) -> list[Fault]:
    """The faults of a deployment's days at a time.

    Args:
        history: published days and runs.
        blocked: for each run that drift has blocked, the features and what to do, by run id.
        config: the deployment.
        now: the time, with an offset.
    """
    latest = _latest_complete(config, now)
    failed = _failed(history, latest, config)
    return [
        *(_failed_fault(day, run, blocked.get(run.run_id)) for day, run in sorted(failed.items())),
        *_missed(history, latest, config),
        *_late(history, config, now),
    ]


def _latest_complete(config: DeploymentConfig, at: datetime) -> date:
    """The latest day that had ended in the deployment's zone, and for which there is data."""
    yesterday = at.astimezone(ZoneInfo(config.time_zone)).date() - timedelta(days=1)
    return min(yesterday, config.last_date or yesterday)


def _failed(history: History, latest: date, config: DeploymentConfig) -> dict[date, DayRun]:
    """Days whose latest finished run failed, with the run.

    These are the unpublished days; and the last day of the latest finished run of all, also if it
    was published before.
    """
    finished = [run for run in history.runs if run.state in ("succeeded", "failed")]
    newest: dict[date, DayRun] = {}
    for run in finished:
        for day in run.days:
            newest.setdefault(day, run)
    expected = unpublished_days(history, latest, config.schedule.expected_from)
    failed = {
        day: newest[day] for day in expected if day in newest and newest[day].state == "failed"
    }
    if finished and finished[0].state == "failed":
        failed.setdefault(finished[0].last, finished[0])
    return failed


def _failed_fault(day: date, run: DayRun, blocked: str | None) -> Fault:
    if blocked is not None:
        return Fault(
            f"blocked_by_drift:{day}",
            "error",
            f"The publication of {day} is blocked: features of the model have drifted.",
            blocked.rstrip("."),
        )
    short = run.run_id[:_ID_SHOWN]
    return Fault(
        f"run_failed:{day}",
        "error",
        f"The run of {day} failed (run {short}).",
        f"the log of run {short} in the Dagster UI has the reason; then holdfast run --date {day}",
    )


def _missed(history: History, latest: date, config: DeploymentConfig) -> Iterator[Fault]:
    """Missed days that nothing fills, one fault a stretch: a stretch that grows is the same one."""
    for stretch in stretches(abandoned_days(history, latest, config.schedule)):
        are = "day was" if stretch.first == stretch.last else "days were"
        yield Fault(
            f"missed_days:{stretch.first}",
            "error",
            f"The {are} missed, and no schedule runs them: {stretch}.",
            stretch.command,
        )


def _late(history: History, config: DeploymentConfig, now: datetime) -> Iterator[Fault]:
    due = _latest_complete(config, now - timedelta(hours=config.alerts.late_after_hours))
    newest = max(history.published, default=None)
    if newest is None:
        yield Fault("late", "error", "No day has been published yet.", "holdfast run")
    elif newest < due:
        yield Fault(
            "late",
            "error",
            f"The latest published day is {newest}; {due} was due.",
            "holdfast status shows the latest runs; check that the daemon is running",
        )
