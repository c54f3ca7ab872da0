from __future__ import annotations

from datetime import UTC, date, datetime

from deployment.config import DeploymentConfig, Schedule
from deployment.config_file import load_config
from deployment.project import CONFIG
from orchestration.unattended.missed_days import DayRun, History
from orchestration.unattended.run_faults import day_faults

# 11:30 in Berlin: the day before is late from 12:00 on.
MORNING = datetime(2026, 6, 10, 9, 30, tzinfo=UTC)


def june(*days: int) -> frozenset[date]:
    return frozenset(date(2026, 6, day) for day in days)


def deployment(**schedule: object) -> DeploymentConfig:
    rule = Schedule.model_validate({"automatic": True, **schedule})
    demo = load_config(CONFIG / "demo.yml")
    return demo.model_copy(update={"schedule": rule, "last_date": None})


def run(number: int, first: int, last: int, state: str) -> DayRun:
    days = date(2026, 6, first), date(2026, 6, last)
    return DayRun(f"{number:08d}-and-more", *days, state)  # type: ignore[arg-type]


def keys(
    history: History, config: DeploymentConfig | None = None, now: datetime = MORNING
) -> list[str]:
    return [fault.key for fault in day_faults(history, {}, config or deployment(), now)]


def test_a_failed_run_is_a_fault_of_each_of_its_days_until_the_day_is_published() -> None:
    failed = run(1, 8, 9, "failed")
    assert keys(History(june(6, 7), (failed,))) == [
        "run_failed:2026-06-08",
        "run_failed:2026-06-09",
        "late",
    ]
    again = (run(2, 8, 8, "succeeded"), failed)
    assert keys(History(june(6, 7, 8), again)) == ["run_failed:2026-06-09"]
    assert keys(History(june(6, 7, 8, 9), (run(3, 9, 9, "succeeded"), *again))) == []


def test_the_same_day_that_fails_again_is_the_same_fault() -> None:
    twice = (run(2, 9, 9, "failed"), run(1, 9, 9, "failed"))
    assert keys(History(june(8), twice)) == ["run_failed:2026-06-09"]


def test_the_latest_run_counts_also_if_its_day_was_published_before() -> None:
    retraining = (run(2, 9, 9, "failed"), run(1, 9, 9, "succeeded"))
    assert keys(History(june(8, 9), retraining)) == ["run_failed:2026-06-09"]


def test_a_run_that_drift_has_blocked_names_the_features_and_the_command() -> None:
    history = History(june(8), (run(1, 9, 9, "failed"),))
    why = "plan (PSI 0.80): holdfast accept-drift --date 2026-06-09 --feature plan."
    (fault,) = day_faults(history, {"00000001-and-more": why}, deployment(), MORNING)
    assert fault.key == "blocked_by_drift:2026-06-09"
    assert fault.remedy == why.rstrip(".")


def test_missed_days_beyond_the_maximum_are_named_with_the_one_command_that_fills_them() -> None:
    history = History(june(1, 8, 9))
    (fault,) = day_faults(history, {}, deployment(catch_up_days=3), MORNING)
    assert fault.text == (
        "The days were missed, and no schedule runs them: 2026-06-02 to 2026-06-06."
    )
    assert fault.remedy == "holdfast backfill --from 2026-06-02 --to 2026-06-06"


def test_a_stretch_of_missed_days_that_grows_is_the_same_fault() -> None:
    by_hand = deployment(automatic=False)
    assert keys(History(june(5)), by_hand)[0] == "missed_days:2026-06-06"
    later = datetime(2026, 6, 12, 9, tzinfo=UTC)
    assert keys(History(june(5)), by_hand, later)[0] == "missed_days:2026-06-06"


def test_the_day_before_is_late_from_noon_on_in_the_companys_time_zone() -> None:
    history = History(june(8))
    assert keys(history) == []
    noon = datetime(2026, 6, 10, 10, 1, tzinfo=UTC)
    assert keys(history, now=noon) == ["late"]
    assert keys(History(june(8, 9)), now=noon) == []


def test_data_that_has_ended_is_never_late() -> None:
    ended = deployment().model_copy(update={"last_date": date(2026, 6, 8)})
    assert keys(History(june(8)), ended, datetime(2027, 1, 1, tzinfo=UTC)) == []
    assert keys(History(june(7)), ended, datetime(2027, 1, 1, tzinfo=UTC)) == ["late"]


def test_a_home_without_any_published_day_says_so() -> None:
    assert keys(History(frozenset())) == ["late"]
