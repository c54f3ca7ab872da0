"""Missed days as sets of dates, and each local day exactly once in zones whose clocks change."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dagster._utils.schedules import cron_string_iterator
from hypothesis import given
from hypothesis import strategies as st

from deployment.config import DeploymentConfig, Schedule
from deployment.config_file import load_config
from deployment.project import CONFIG
from orchestration.automation import schedules
from orchestration.partitions import daily_partitions
from orchestration.unattended.missed_days import (
    DayRun,
    History,
    abandoned_days,
    days_to_run,
    stretches,
    unpublished_days,
)

AUTOMATIC = Schedule(automatic=True)
# Clocks that skip midnight (Santiago, Cairo, Beirut), repeat it (Havana), skip and repeat 02:30
# (Berlin) or move by half an hour (Lord Howe).
ZONES = (
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Havana",
    "Europe/Berlin",
    "Australia/Lord_Howe",
)


def june(*days: int) -> list[date]:
    return [date(2026, 6, day) for day in days]


def published(*days: int, runs: tuple[DayRun, ...] = ()) -> History:
    return History(frozenset(june(*days)), runs)


def run(first: int, last: int, state: str) -> DayRun:
    return DayRun("r", date(2026, 6, first), date(2026, 6, last), state)  # type: ignore[arg-type]


def days_between(first: date, last: date) -> list[date]:
    return DayRun("r", first, last, "active").days


def test_the_days_since_the_last_publication_are_run_oldest_first() -> None:
    assert days_to_run(published(1, 2), date(2026, 6, 6), AUTOMATIC) == june(3, 4, 5, 6)


def test_a_gap_between_published_days_is_filled_too() -> None:
    assert days_to_run(published(1, 2, 4), date(2026, 6, 5), AUTOMATIC) == june(3, 5)


def test_nothing_is_missing_before_the_first_publication_or_before_the_first_expected_day() -> None:
    assert unpublished_days(History(frozenset()), date(2026, 6, 6), None) == []
    assert unpublished_days(published(1), date(2026, 6, 4), date(2026, 6, 3)) == june(3, 4)


def test_a_day_that_is_queued_or_being_run_is_not_requested_again() -> None:
    history = published(1, runs=(run(3, 4, "active"),))
    assert days_to_run(history, date(2026, 6, 5), AUTOMATIC) == june(2, 5)


def test_a_day_that_failed_is_tried_three_times_and_then_named() -> None:
    twice = published(1, runs=(run(2, 2, "failed"), run(2, 3, "failed")))
    assert days_to_run(twice, date(2026, 6, 3), AUTOMATIC) == june(2, 3)
    assert abandoned_days(twice, date(2026, 6, 3), AUTOMATIC) == []
    thrice = published(1, runs=(*twice.runs, run(2, 2, "failed")))
    assert days_to_run(thrice, date(2026, 6, 3), AUTOMATIC) == june(3)
    assert abandoned_days(thrice, date(2026, 6, 3), AUTOMATIC) == june(2)


def test_a_run_that_a_person_stopped_is_no_failure() -> None:
    history = published(1, runs=(run(2, 2, "stopped"),) * 5)
    assert days_to_run(history, date(2026, 6, 2), AUTOMATIC) == june(2)


def test_days_beyond_the_maximum_are_named_and_the_latest_ones_are_run() -> None:
    rule = Schedule(automatic=True, catch_up_days=3)
    assert days_to_run(published(1), date(2026, 6, 8), rule) == june(6, 7, 8)
    assert abandoned_days(published(1), date(2026, 6, 8), rule) == june(2, 3, 4, 5)


def test_without_automatic_runs_every_day_before_the_latest_is_named() -> None:
    assert abandoned_days(published(1), date(2026, 6, 4), Schedule()) == june(2, 3)


def test_consecutive_days_are_one_run_and_days_that_failed_before_stand_alone() -> None:
    found = stretches(june(1, 2, 3, 5, 6, 7, 8), alone=june(6))
    assert [str(each) for each in found] == [
        "2026-06-01 to 2026-06-03",
        "2026-06-05",
        "2026-06-06",
        "2026-06-07 to 2026-06-08",
    ]
    assert found[0].command == "holdfast backfill --from 2026-06-01 --to 2026-06-03"


@given(st.sets(st.integers(1, 30), min_size=1), st.sets(st.integers(1, 30)), st.integers(1, 30))
def test_each_unpublished_day_is_run_or_named_or_waits_and_never_two_of_these(
    there: set[int], failed: set[int], window: int
) -> None:
    rule = Schedule(automatic=True, catch_up_days=window, tries=1)
    runs = tuple(run(day, day, "failed") for day in failed)
    history, latest = published(*there, runs=runs), date(2026, 6, 30)
    due, named = days_to_run(history, latest, rule), abandoned_days(history, latest, rule)
    assert sorted(due + named) == unpublished_days(history, latest, None)
    joined = stretches(due, alone=june(*failed))
    assert [day for each in joined for day in days_between(each.first, each.last)] == due
    assert joined == sorted(joined, key=lambda each: each.first)


def deployment(zone: str, daily: str) -> DeploymentConfig:
    demo = load_config(CONFIG / "demo.yml")
    return demo.model_copy(
        update={
            "time_zone": zone,
            "first_date": date(2025, 1, 1),
            "last_date": None,
            "schedule": Schedule(daily=daily),
        }
    )


@pytest.mark.parametrize("zone", ZONES)
def test_the_partitions_have_each_local_day_exactly_once(zone: str) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    partitions = daily_partitions(deployment(zone, "0 5 * * *"))
    keys = partitions.get_partition_keys(current_time=now)
    yesterday = now.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    assert keys == [f"{day}" for day in days_between(date(2025, 1, 1), yesterday)]


# 02:30 is skipped and repeated in Berlin, 00:30 in Santiago, Cairo and Havana.
@pytest.mark.parametrize("daily", ["30 2 * * *", "30 0 * * *", "0 0 * * *", "0 5 * * *"])
@pytest.mark.parametrize("zone", ZONES)
def test_the_daily_schedule_ticks_once_for_each_local_day(zone: str, daily: str) -> None:
    schedule = next(each for each in schedules(deployment(zone, daily)) if each.name == "daily")
    assert isinstance(schedule.cron_schedule, str)
    begin = datetime(2025, 1, 1, tzinfo=ZoneInfo(zone))
    ticks = Counter[date]()
    for tick in cron_string_iterator(begin.timestamp(), schedule.cron_schedule, zone):
        if tick.date() >= date(2026, 12, 1):
            break
        ticks[tick.date() - timedelta(days=1)] += 1
    assert ticks == Counter(days_between(date(2024, 12, 31), date(2026, 11, 29)))
