from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData

from deployment.home import Home

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


def test_a_schedule_asks_for_the_day_that_has_just_ended_where_the_company_is(
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


def test_a_schedule_rests_when_the_data_has_ended(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily")
    later = datetime(2026, 7, 2, 5, tzinfo=ZoneInfo("Europe/Berlin"))
    context = dg.build_schedule_context(scheduled_execution_time=later)
    tick = schedule.evaluate_tick(context)
    assert not tick.run_requests
    assert "ends on 2026-06-30" in str(tick.skip_message)


@pytest.fixture
def stored_instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A schedule opens its instance anew, so it must be one that is kept."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def asked_whether_to_retrain(
    definitions: dg.Definitions, home: Home, instance: dg.DagsterInstance
) -> ScheduleExecutionData:
    """What the schedule says on the morning after 29 June."""
    with dg.build_schedule_context(
        instance=instance,
        resources={"home": home},
        scheduled_execution_time=datetime(2026, 6, 30, 7, tzinfo=ZoneInfo("Europe/Berlin")),
        repository_def=definitions.get_repository_def(),
    ) as context:
        return definitions.resolve_schedule_def("retrain").evaluate_tick(context)


def test_whether_to_retrain_is_asked_once_the_day_is_published(
    definitions: dg.Definitions, tmp_path: Path, stored_instance: dg.DagsterInstance
) -> None:
    tick = asked_whether_to_retrain(definitions, Home(tmp_path), stored_instance)
    assert not tick.run_requests
    assert "2026-06-29 has not been published" in str(tick.skip_message)


def test_a_reason_to_retrain_is_told_the_run_as_a_tag(
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
    (request,) = (
        asked_whether_to_retrain(definitions, Home(tmp_path), stored_instance).run_requests or []
    )
    assert request.partition_key == "2026-06-29"
    assert request.tags["holdfast/retrain_reason"] == "decay: it ranks no better than a coin"


def test_without_a_reason_nothing_is_retrained(
    definitions: dg.Definitions, tmp_path: Path, stored_instance: dg.DagsterInstance
) -> None:
    publish(stored_instance, "2026-06-29")
    tick = asked_whether_to_retrain(definitions, Home(tmp_path).create(), stored_instance)
    assert not tick.run_requests
    assert "no training is due" in str(tick.skip_message)


def test_new_drops_are_run_day_by_day_after_the_last_published_one(
    definitions: dg.Definitions, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    home = Home(tmp_path).create()
    for day in ("2026-06-27", "2026-06-29", "2026-06-28"):
        drop(home, day)
    publish(instance, "2026-06-27")
    assert requested(definitions, home, instance) == ["2026-06-28", "2026-06-29"]


def test_a_file_of_a_day_beyond_the_data_starts_nothing(
    definitions: dg.Definitions, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    home = Home(tmp_path).create()
    publish(instance, "2026-06-30")
    drop(home, "2026-07-01")
    assert requested(definitions, home, instance) == []


def test_the_first_run_of_all_is_left_to_a_person(
    definitions: dg.Definitions, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    home = Home(tmp_path).create()
    drop(home, "2026-06-27")
    assert requested(definitions, home, instance) == []
