"""Automation: the schedules and the sensor that request runs of the jobs.

Which files have arrived does not belong here (`ingestion/files/dropped_days.py`), nor the reason to
retrain (`training/`), nor which days are missing (`unattended/`).
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import dagster as dg

from alerts.delivery import failure_message
from deployment.config import DeploymentConfig
from deployment.home import Home
from ingestion.files.dropped_days import dropped_days
from orchestration.jobs import DAILY, RETRAIN
from orchestration.loggers import OWN_LOGGER
from orchestration.unattended.alerting import report_alerts
from orchestration.unattended.day_runs import read_history, run_request
from orchestration.unattended.missed_days import days_to_run, stretches
from warehouse.errors import WarehouseBusyError

SECONDS_BETWEEN_TICKS = 300
SECONDS_BETWEEN_ALERTS = 60
NOTHING_PUBLISHED = "nothing has been published yet: run `holdfast run` once"


def schedules(config: DeploymentConfig) -> list[dg.ScheduleDefinition]:
    """Two schedules: the daily run of the day before, and later that day the retraining."""
    return [_daily(config), _retrain(config)]


def _default_status(config: DeploymentConfig) -> dg.DefaultScheduleStatus:
    automatic = config.schedule.automatic
    return dg.DefaultScheduleStatus.RUNNING if automatic else dg.DefaultScheduleStatus.STOPPED


def _daily(config: DeploymentConfig) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=DAILY,
        job_name=DAILY,
        cron_schedule=config.schedule.daily,
        execution_timezone=config.time_zone,
        default_status=_default_status(config),
        description=(
            "Runs the previous day, which is complete by then, and before it the days that were "
            "missed. The day itself is run again if it is published, with the files that came "
            "since."
        ),
    )
    def daily(
        context: dg.ScheduleEvaluationContext, home: dg.ResourceParam[Home]
    ) -> Sequence[dg.RunRequest] | dg.SkipReason:
        day, ends = _day_before(context), config.last_date
        history = read_history(context.instance, home)
        if not history.published:
            return dg.SkipReason(NOTHING_PUBLISHED)
        days = set(days_to_run(history, min(day, ends or day), config.schedule))
        if ends is None or day <= ends:
            days |= {day} - history.active
        elif not days:
            return dg.SkipReason(f"the data of {config.company} ends on {ends}")
        if not days:
            return dg.SkipReason(f"{day} is being run")
        return [
            run_request(stretch, f"{DAILY} {stretch}")
            for stretch in stretches(sorted(days), alone=history.failures)
        ]

    return daily


def _retrain(config: DeploymentConfig) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=RETRAIN,
        job_name=RETRAIN,
        cron_schedule=config.schedule.retrain,
        execution_timezone=config.time_zone,
        default_status=_default_status(config),
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
        if day not in read_history(context.instance, home).published:
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
            run_config=OWN_LOGGER,
            tags={RETRAIN_REASON: reason},
        )

    return retrain


def _day_before(context: dg.ScheduleEvaluationContext) -> date:
    return context.scheduled_execution_time.date() - timedelta(days=1)


def new_drops_sensor(config: DeploymentConfig) -> dg.SensorDefinition:
    """Daily runs of the days after the latest published one whose files have arrived.

    Requests nothing before the first publication: that run also trains the first model, and a
    person starts it. A day is requested once; if its run fails, the schedule tries it again. The
    sensor is stopped until a person switches it on: beside the schedule, it saves the hours between
    the files of a day and its tick.
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
        history = read_history(context.instance, home)
        if not history.published:
            yield dg.SkipReason(NOTHING_PUBLISHED)
            return
        latest = max(history.published)
        known = history.attempted
        days = [day for day in dropped_days(config, home) if day > latest and day not in known]
        if not days:
            yield dg.SkipReason(f"no new files of a complete day after {latest}")
        for stretch in stretches(days):
            yield run_request(stretch, f"drop {stretch}")

    return new_drops


def alert_sensors(config: DeploymentConfig) -> list[dg.SensorDefinition]:
    """The sensor that reports faults to the configured receivers; none without a receiver.

    It looks at the state of the deployment, and not at single runs, so that nothing is lost while
    the daemon is down. It runs without being switched on.
    """
    if not config.alerts.has_receivers:
        return []

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=SECONDS_BETWEEN_ALERTS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports faults to the receivers of alerts, and when they are over.",
    )
    def alerts(context: dg.SensorEvaluationContext, home: dg.ResourceParam[Home]) -> dg.SkipReason:
        failures = report_alerts(config, home, context.instance)
        return dg.SkipReason(failure_message(failures) or "every receiver knows the open faults")

    return [alerts]
