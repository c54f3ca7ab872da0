from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.storage.dagster_run import DagsterRun

from deployment.home import Home
from orchestration.unattended.day_runs import RANGE_END, RANGE_START
from tests.unit.warehouse.company import FIRST, Company
from warehouse.errors import WarehouseBusyError

PUBLISHED = dg.AssetKey(["published", "holdfast"])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def drop(home: Home, day: str) -> None:
    """Land a file of a day; the sensor looks at its name only."""
    path = home.landing / "crm" / "customers" / f"customers_{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def requested(definitions: dg.Definitions, home: Home, instance: dg.DagsterInstance) -> list[str]:
    sensor = definitions.resolve_sensor_def("new_drops")
    with dg.build_sensor_context(
        instance=instance, definitions=definitions, resources={"home": home}
    ) as context:
        data = sensor.evaluate_tick(context)
    return days_of(data)


def publish(instance: dg.DagsterInstance, day: str) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(PUBLISHED, partition=day))


@pytest.fixture
def stored_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A stored instance: a schedule opens its instance again."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def morning(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 5, tzinfo=ZoneInfo("Europe/Berlin"))


def daily_tick(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    at: datetime,
    home: Home | None = None,
) -> ScheduleExecutionData:
    with dg.build_schedule_context(
        instance=instance,
        resources={"home": home or Home(Path(instance.root_directory) / "empty")},
        scheduled_execution_time=at,
        repository_def=definitions.get_repository_def(),
    ) as context:
        return definitions.resolve_schedule_def("daily").evaluate_tick(context)


def days_of(tick: ScheduleExecutionData | SensorExecutionData) -> list[str]:
    """The day, or the first and last day, of each requested run."""
    return [
        str(request.partition_key)
        if request.partition_key
        else f"{request.tags[RANGE_START]} to {request.tags[RANGE_END]}"
        for request in tick.run_requests or []
    ]


def fail(instance: dg.DagsterInstance, first: str, last: str) -> None:
    """Record a failed run of a range of days."""
    instance.add_run(
        DagsterRun(
            job_name="daily",
            status=dg.DagsterRunStatus.FAILURE,
            tags={RANGE_START: first, RANGE_END: last},
        )
    )


def test_the_daily_schedule_requests_the_day_that_has_ended_in_the_companys_time_zone(
    definitions: dg.Definitions, stored_instance: dg.DagsterInstance
) -> None:
    assert definitions.resolve_schedule_def("daily").execution_timezone == "Europe/Berlin"
    publish(stored_instance, "2026-06-28")
    tick = daily_tick(definitions, stored_instance, morning(2026, 6, 30))
    assert days_of(tick) == ["2026-06-29"]


def test_the_daily_schedule_requests_missed_days_with_the_day_as_one_run(
    definitions: dg.Definitions, stored_instance: dg.DagsterInstance
) -> None:
    publish(stored_instance, "2026-06-25")
    tick = daily_tick(definitions, stored_instance, morning(2026, 6, 30))
    assert days_of(tick) == ["2026-06-26 to 2026-06-29"]


def test_days_of_a_failed_run_are_requested_alone_and_in_order(
    definitions: dg.Definitions, stored_instance: dg.DagsterInstance
) -> None:
    publish(stored_instance, "2026-06-25")
    fail(stored_instance, "2026-06-26", "2026-06-27")
    tick = daily_tick(definitions, stored_instance, morning(2026, 6, 30))
    assert days_of(tick) == ["2026-06-26", "2026-06-27", "2026-06-28 to 2026-06-29"]


def test_the_daily_schedule_fills_days_before_the_end_of_the_data_and_skips_later_ones(
    definitions: dg.Definitions, stored_instance: dg.DagsterInstance
) -> None:
    publish(stored_instance, "2026-06-28")
    late = morning(2026, 7, 9)
    assert days_of(daily_tick(definitions, stored_instance, late)) == ["2026-06-29 to 2026-06-30"]
    for day in ("2026-06-29", "2026-06-30"):
        publish(stored_instance, day)
    tick = daily_tick(definitions, stored_instance, late)
    assert not tick.run_requests
    assert "ends on 2026-06-30" in str(tick.skip_message)


def test_the_daily_schedule_leaves_the_first_run_to_a_person(
    definitions: dg.Definitions, stored_instance: dg.DagsterInstance
) -> None:
    tick = daily_tick(definitions, stored_instance, morning(2026, 6, 30))
    assert not tick.run_requests
    assert "run `holdfast run` once" in str(tick.skip_message)


def test_days_of_the_published_file_count_where_the_record_of_runs_is_gone(
    definitions: dg.Definitions, stored_instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    company = Company(tmp_path / "home").create()
    company.run(0, 1, 2)
    company.publish()
    home, after = Home(company.folder), FIRST + timedelta(days=5)
    tick = daily_tick(
        definitions, stored_instance, morning(after.year, after.month, after.day), home
    )
    missed = [FIRST + timedelta(days=number) for number in (3, 4)]
    assert days_of(tick) == [f"{missed[0]} to {missed[1]}"]


def retrain_tick(
    definitions: dg.Definitions, home: Home, instance: dg.DagsterInstance
) -> ScheduleExecutionData:
    """The retrain schedule's tick on the morning after 29 June."""
    with dg.build_schedule_context(
        instance=instance,
        resources={"home": home},
        scheduled_execution_time=datetime(2026, 6, 30, 7, tzinfo=ZoneInfo("Europe/Berlin")),
        repository_def=definitions.get_repository_def(),
    ) as context:
        return definitions.resolve_schedule_def("retrain").evaluate_tick(context)


def test_the_retrain_schedule_skips_a_day_that_is_not_published(
    definitions: dg.Definitions, tmp_path: Path, stored_instance: dg.DagsterInstance
) -> None:
    tick = retrain_tick(definitions, Home(tmp_path), stored_instance)
    assert not tick.run_requests
    assert "2026-06-29 has not been published" in str(tick.skip_message)


def test_the_reason_to_retrain_is_a_tag_of_the_run(
    definitions: dg.Definitions,
    tmp_path: Path,
    stored_instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(stored_instance, "2026-06-29")
    reasons = {date(2026, 6, 29): "decay: it ranks no better than a coin"}
    monkeypatch.setattr(
        "orchestration.training.evidence.why_due", lambda config, home, day: reasons.get(day)
    )
    (request,) = retrain_tick(definitions, Home(tmp_path), stored_instance).run_requests or []
    assert request.partition_key == "2026-06-29"
    assert request.tags["holdfast/retrain_reason"] == "decay: it ranks no better than a coin"


def test_the_retrain_schedule_skips_a_day_without_a_reason(
    definitions: dg.Definitions, tmp_path: Path, stored_instance: dg.DagsterInstance
) -> None:
    publish(stored_instance, "2026-06-29")
    tick = retrain_tick(definitions, Home(tmp_path).create(), stored_instance)
    assert not tick.run_requests
    assert "no training is due" in str(tick.skip_message)


def test_the_retrain_schedule_skips_a_check_while_a_run_writes_the_warehouse(
    definitions: dg.Definitions,
    tmp_path: Path,
    stored_instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def busy(*_: object) -> str:
        raise WarehouseBusyError("it is being written by process 4711")

    publish(stored_instance, "2026-06-29")
    monkeypatch.setattr("orchestration.training.evidence.why_due", busy)
    tick = retrain_tick(definitions, Home(tmp_path), stored_instance)
    assert not tick.run_requests
    assert "written by process 4711; the next day's check" in str(tick.skip_message)


def test_new_files_request_a_run_for_each_day_after_the_latest_published_one(
    definitions: dg.Definitions, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    home = Home(tmp_path).create()
    for day in ("2026-06-27", "2026-06-29", "2026-06-28"):
        drop(home, day)
    publish(instance, "2026-06-27")
    assert requested(definitions, home, instance) == ["2026-06-28 to 2026-06-29"]
    fail(instance, "2026-06-28", "2026-06-29")
    assert requested(definitions, home, instance) == []  # the schedule tries them again


def test_a_file_of_a_day_after_the_end_of_the_data_requests_nothing(
    definitions: dg.Definitions, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    home = Home(tmp_path).create()
    publish(instance, "2026-06-30")
    drop(home, "2026-07-01")
    assert requested(definitions, home, instance) == []


def test_nothing_is_requested_before_the_first_publication(
    definitions: dg.Definitions, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    home = Home(tmp_path).create()
    drop(home, "2026-06-27")
    assert requested(definitions, home, instance) == []
