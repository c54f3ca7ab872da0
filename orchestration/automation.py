"""What starts a job by itself: the clock, and files that have been dropped."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from orchestration.assets.publish import PUBLISHED
from orchestration.config import DeploymentConfig, run_date, today_in
from orchestration.extract.drops import find_drops
from orchestration.home import Home
from orchestration.jobs import DAILY, RETRAIN

SECONDS_BETWEEN_LOOKS = 300


def schedules(config: DeploymentConfig) -> list[dg.ScheduleDefinition]:
    """Both jobs for the day before, at the deployment's hours in its time zone."""
    return [
        _of_the_day_before(DAILY, config.schedule.daily, config),
        _of_the_day_before(RETRAIN, config.schedule.retrain, config),
    ]


def _of_the_day_before(job: str, cron: str, config: DeploymentConfig) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=job,
        job_name=job,
        cron_schedule=cron,
        execution_timezone=config.time_zone,
        description=f"Runs {job} for the day before, which is then complete.",
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.date() - timedelta(days=1)
        if config.last_date is not None and day > config.last_date:
            return dg.SkipReason(f"the data of {config.company} ends on {config.last_date}")
        return dg.RunRequest(run_key=f"{job} {day}", partition_key=day.isoformat())

    return schedule


def new_drops_sensor(config: DeploymentConfig) -> dg.SensorDefinition:
    """A daily run for each day after the last published one whose files have come.

    The first run of all is a person's: it also trains the first model.
    """

    @dg.sensor(
        name="new_drops",
        job_name=DAILY,
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        description="Watches the landing folders for files of days after the last published one.",
    )
    def new_drops(
        context: dg.SensorEvaluationContext, home: dg.ResourceParam[Home]
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        published = context.instance.get_materialized_partitions(PUBLISHED)
        if not published:
            yield dg.SkipReason("nothing was published yet: run `holdfast run` once")
            return
        latest = date.fromisoformat(max(published))
        days = [day for day in _dropped_days(config, home) if day > latest]
        if not days:
            yield dg.SkipReason(f"no files of a complete day after {latest}")
        for day in days:
            yield dg.RunRequest(run_key=f"drop {day}", partition_key=day.isoformat())

    return new_drops


def _dropped_days(config: DeploymentConfig, home: Home) -> list[date]:
    """Days of dated files, ascending, up to the last complete one."""
    last = run_date(config, today_in(config.time_zone))
    days = {
        drop.drop_date
        for source in config.sources.values()
        for table in source.tables.values()
        if table.is_dated
        for drop in find_drops(home.root / source.location, table.path)
        if drop.drop_date is not None and config.first_date <= drop.drop_date <= last
    }
    return sorted(days)
