"""What starts a job by itself: the clock, and files that have been dropped."""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from deployment.config import DeploymentConfig, run_date, today_in
from deployment.home import Home
from deployment.source_config import FilesSource
from ingestion.errors import SourceError
from ingestion.files.folders import open_folder
from ingestion.landing.ledger import Drop
from ingestion.opened_source import open_source
from orchestration.assets.publish import PUBLISHED
from orchestration.jobs import DAILY, RETRAIN

SECONDS_BETWEEN_LOOKS = 300


def schedules(config: DeploymentConfig) -> list[dg.ScheduleDefinition]:
    """The day before, which is then complete, and later that day the question of a new model."""
    return [_daily(config), _retrain(config)]


def _daily(config: DeploymentConfig) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=DAILY,
        job_name=DAILY,
        cron_schedule=config.schedule.daily,
        execution_timezone=config.time_zone,
        description="Runs the day before, which is then complete.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = _day_before(context)
        if config.last_date is not None and day > config.last_date:
            return dg.SkipReason(f"the data of {config.company} ends on {config.last_date}")
        return dg.RunRequest(run_key=f"{DAILY} {day}", partition_key=day.isoformat())

    return daily


def _retrain(config: DeploymentConfig) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=RETRAIN,
        job_name=RETRAIN,
        cron_schedule=config.schedule.retrain,
        execution_timezone=config.time_zone,
        description=(
            "Runs the day before again with a new model where one is due: what the model reads has "
            "shifted, its predictions came true worse than promised, or its time has come."
        ),
    )
    def retrain(
        context: dg.ScheduleEvaluationContext, home: dg.ResourceParam[Home]
    ) -> dg.RunRequest | dg.SkipReason:
        from orchestration.retraining import RETRAIN_REASON, why_due

        day = _day_before(context)
        if day.isoformat() not in context.instance.get_materialized_partitions(PUBLISHED):
            return dg.SkipReason(f"{day} has not been published, so nothing is known of it")
        reason = why_due(config, home, day)
        if reason is None:
            return dg.SkipReason(f"on {day} there was no reason to train a new model")
        return dg.RunRequest(
            run_key=f"{RETRAIN} {day}",
            partition_key=day.isoformat(),
            tags={RETRAIN_REASON: reason},
        )

    return retrain


def _day_before(context: dg.ScheduleEvaluationContext) -> date:
    return context.scheduled_execution_time.date() - timedelta(days=1)


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
        for name, source in config.sources.items()
        if isinstance(source, FilesSource)
        for drop in _dated_drops(name, source, home)
        if drop.drop_date is not None and config.first_date <= drop.drop_date <= last
    }
    return sorted(days)


def _dated_drops(name: str, source: FilesSource, home: Home) -> list[Drop]:
    """A source's dated files; none of one that cannot be looked into, as the day's run will say."""
    try:
        folder = open_folder(open_source(name, source), home)
        return [
            drop
            for table in source.tables.values()
            if table.is_dated
            for drop in folder.drops(table.path)
        ]
    except SourceError:
        return []
