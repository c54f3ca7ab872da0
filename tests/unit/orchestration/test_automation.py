from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from deployment.home import Home
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
    return [str(request.partition_key) for request in data.run_requests or []]


def publish(instance: dg.DagsterInstance, day: str) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(PUBLISHED, partition=day))


def test_the_daily_schedule_requests_the_day_that_has_ended_in_the_companys_time_zone(
    definitions: dg.Definitions,
) -> None:
    schedule = definitions.resolve_schedule_def("daily")
    assert schedule.execution_timezone == "Europe/Berlin"
    at_five = datetime(2026, 6, 30, 5, tzinfo=ZoneInfo("Europe/Berlin"))
    context = dg.build_schedule_context(
        scheduled_execution_time=at_five, repository_def=definitions.get_repository_def()
    )
    (request,) = schedule.evaluate_tick(context).run_requests or []
    assert request.partition_key == "2026-06-29"


def test_the_daily_schedule_skips_days_after_the_end_of_the_data(
    definitions: dg.Definitions,
) -> None:
    schedule = definitions.resolve_schedule_def("daily")
    later = datetime(2026, 7, 2, 5, tzinfo=ZoneInfo("Europe/Berlin"))
    context = dg.build_schedule_context(scheduled_execution_time=later)
    tick = schedule.evaluate_tick(context)
    assert not tick.run_requests
    assert "ends on 2026-06-30" in str(tick.skip_message)


@pytest.fixture
def stored_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A stored instance: a schedule opens its instance again."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


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
    assert requested(definitions, home, instance) == ["2026-06-28", "2026-06-29"]


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
