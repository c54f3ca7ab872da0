"""Automation: the schedules and the sensor that request runs of the jobs.

Which files have arrived does not belong here (`ingestion/files/dropped_days.py`), nor the reason to
retrain (`training/`).
"""

from collections.abc import Iterator
from datetime import date, timedelta

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.home import Home
from ingestion.files.dropped_days import dropped_days
from orchestration.asset_keys import PUBLISHED
from orchestration.jobs import DAILY, RETRAIN
from warehouse.errors import WarehouseBusyError

SECONDS_BETWEEN_TICKS = 300


def schedules(config: DeploymentConfig) -> list[dg.ScheduleDefinition]:
    """Two schedules: the daily run of the day before, and later that day the retraining."""
    return [_daily(config), _retrain(config)]


def _daily(config: DeploymentConfig) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=DAILY,
        job_name=DAILY,
        cron_schedule=config.schedule.daily,
        execution_timezone=config.time_zone,
        description="Runs the previous day, which is complete by then.",
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
            "Runs the previous day again with a training if one is due: features have drifted, "
            "realised outcomes are worse than the holdout's, or the calendar asks for it."
        ),
    )
    def retrain(
        context: dg.ScheduleEvaluationContext, home: dg.ResourceParam[Home]
    ) -> dg.RunRequest | dg.SkipReason:
        from orchestration.training.evidence import why_due
        from orchestration.training.retrain_reason import RETRAIN_REASON

        day = _day_before(context)
        if day.isoformat() not in context.instance.get_materialized_partitions(PUBLISHED):
            return dg.SkipReason(f"{day} has not been published yet")
        try:
            reason = why_due(config, home, day)
        except WarehouseBusyError as busy:
            return dg.SkipReason(f"{busy}; the next day's check asks again")
        if reason is None:
            return dg.SkipReason(f"no training is due on {day}")
        return dg.RunRequest(
            run_key=f"{RETRAIN} {day}",
            partition_key=day.isoformat(),
            tags={RETRAIN_REASON: reason},
        )

    return retrain


def _day_before(context: dg.ScheduleEvaluationContext) -> date:
    return context.scheduled_execution_time.date() - timedelta(days=1)


def new_drops_sensor(config: DeploymentConfig) -> dg.SensorDefinition:
    """A daily run for each day after the latest published one whose files have arrived.

    Requests nothing before the first publication: that run also trains the first model, and a
    person starts it.
    """

    @dg.sensor(
        name="new_drops",
        job_name=DAILY,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        description="Watches the landing folders for files of days after the latest published one.",
    )
    def new_drops(
        context: dg.SensorEvaluationContext, home: dg.ResourceParam[Home]
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        published = context.instance.get_materialized_partitions(PUBLISHED)
        if not published:
            yield dg.SkipReason("nothing has been published yet: run `holdfast run` once")
            return
        latest = date.fromisoformat(max(published))
        days = [day for day in dropped_days(config, home) if day > latest]
        if not days:
            yield dg.SkipReason(f"no files of a complete day after {latest}")
        for day in days:
            yield dg.RunRequest(run_key=f"drop {day}", partition_key=day.isoformat())

    return new_drops
