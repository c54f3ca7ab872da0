"""Missed days: the days without a publication, which of them to run now, and which to name.

Pure functions of days and runs. Reading them from Dagster does not belong here (`day_runs.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from deployment.config import Schedule

State = Literal["active", "succeeded", "failed", "stopped"]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayRun:
    """A run of one of the jobs that publish days.

    Attributes:
        run_id: Dagster's id.
        first: its first day.
        last: its last day, the first for a run of one day.
        state: active (queued or being executed), succeeded, failed, or stopped by a person.
    """

    run_id: str
    first: date
    last: date
    state: State

    @property
    def days(self) -> list[date]:
        """All days of the run, ascending."""
        return [self.first + number * _DAY for number in range((self.last - self.first).days + 1)]


@dataclass(frozen=True)
class History:
    """Published days, and the runs of days, the latest first."""

    published: frozenset[date]
    runs: tuple[DayRun, ...] = ()

    @property
    def active(self) -> set[date]:
        """Days of runs that are queued or being executed."""
        return {day for run in self.runs if run.state == "active" for day in run.days}

    @property
    def attempted(self) -> set[date]:
        """Days of any run."""
        return {day for run in self.runs for day in run.days}

    @property
    def failures(self) -> Counter[date]:
        """Number of failed runs by day."""
        return Counter(day for run in self.runs if run.state == "failed" for day in run.days)


@dataclass(frozen=True)
class Stretch:
    """Consecutive days, run as one."""

    first: date
    last: date

    def __str__(self) -> str:
        """The day, or the first and the last day."""
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def command(self) -> str:
        """The command that fills the days."""
        return f"holdfast backfill --from {self.first} --to {self.last}"


def unpublished_days(history: History, latest: date, expected_from: date | None) -> list[date]:
    """Days up to `latest` that should have been published and are not, ascending.

    Args:
        history: published days and runs.
        latest: the latest day that can be run.
        expected_from: first day that is expected; by default the first published one. Empty where
            nothing was published yet: the first run also trains the first model, and a person
            starts it.
    """
    if not history.published:
        return []
    first = max(expected_from or date.min, min(history.published))
    days = (first + number * _DAY for number in range((latest - first).days + 1))
    return [day for day in days if day not in history.published]


def days_to_run(history: History, latest: date, rule: Schedule) -> list[date]:
    """Unpublished days that a tick of the schedule requests, ascending.

    They are at most `catch_up_days` before `latest`, in no run that is queued or being executed,
    and have failed less than `tries` times.
    """
    active, failures = history.active, history.failures
    return [
        day
        for day in unpublished_days(history, latest, rule.expected_from)
        if (latest - day).days < rule.catch_up_days
        and day not in active
        and failures[day] < rule.tries
    ]


def abandoned_days(history: History, latest: date, rule: Schedule) -> list[date]:
    """Unpublished days that no later tick requests, ascending: too old, or failed too often.

    Without schedules that run by themselves (`automatic`), each day before `latest`.
    """
    active, failures = history.active, history.failures
    return [
        day
        for day in unpublished_days(history, latest, rule.expected_from)
        if day not in active
        and (
            (latest - day).days >= rule.catch_up_days
            or failures[day] >= rule.tries
            or (not rule.automatic and day < latest)
        )
    ]


def stretches(days: Sequence[date], alone: Iterable[date] = ()) -> list[Stretch]:
    """Ascending days joined into stretches of consecutive ones, the oldest first.

    Args:
        days: ascending days.
        alone: days that are joined with no other, such as days that have failed before: one that
            fails again then takes no other day with it.
    """
    single, found = set(alone), list[Stretch]()
    for day in days:
        before = found[-1] if found else None
        if before and day - before.last == _DAY and not single & {day, before.last}:
            found[-1] = Stretch(before.first, day)
        else:
            found.append(Stretch(day, day))
    return found
