from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from orchestration.home import Home

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


@pytest.mark.parametrize("name", ["daily", "retrain"])
def test_a_schedule_asks_for_the_day_that_has_just_ended_where_the_company_is(
    definitions: dg.Definitions, name: str
) -> None:
    schedule = definitions.resolve_schedule_def(name)
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
