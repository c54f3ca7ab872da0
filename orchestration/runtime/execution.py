"""Execution: runs of the jobs in this process, on the instance that the UI shows.

The run is recorded under its job with its partition, and the UI shows its log. What a terminal
shows does not belong here: a `RunReporter` is passed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

import dagster as dg

from alerts.delivery import failure_message
from deployment.config import DeploymentConfig
from deployment.home import Home
from ingestion.files.waiting import waiting_bytes
from orchestration.definitions import build_defs
from orchestration.jobs import BACKFILL, DAILY, RETRAIN
from orchestration.loggers import OWN_LOGGER, SILENT
from orchestration.resources import Models
from orchestration.runtime.instance import (
    LOCATION,
    PROCESS_TAG,
    RunError,
    process_tag,
    require_idle,
)
from orchestration.training.lost_models import require_models
from orchestration.training.retrain_reason import ASKED_FOR, RETRAIN_REASON
from orchestration.unattended.alerting import report_alerts
from orchestration.unattended.day_runs import tags_of
from orchestration.unattended.missed_days import Stretch
from warehouse.connection import open_file
from warehouse.exclusive import exclusive
from warehouse.health.disk_space import shortage
from warehouse.health.faults import fault_in
from warehouse.health.lost_days import rebuild_command, require_history
from warehouse.pruning.past_days import require_kept

_IN_LOCATION = {".dagster/repository": f"__repository__@{LOCATION}"}


class RunReporter(Protocol):
    """Receives what a run reports while it is executed."""

    def note(self, text: str) -> None:
        """Take a sentence about a run that is about to start."""

    def following(self) -> AbstractContextManager[dg.LoggerDefinition]:
        """A context for one run; its logger receives the run's events."""


class SilentReporter:
    """Discards all reports; the instance records the run all the same."""

    def note(self, text: str) -> None:
        """Discard the sentence."""
        del text

    def following(self) -> AbstractContextManager[dg.LoggerDefinition]:
        """A logger that discards the run's events."""
        return nullcontext(SILENT)


@dataclass(frozen=True)
class Runner:
    """Executes the jobs of a deployment whose environment has been prepared."""

    config: DeploymentConfig
    home: Home
    reporter: RunReporter = field(default_factory=SilentReporter)

    def day(self, day: date, *, retrain: bool = False, reason: str | None = None) -> None:
        """Run a date; with a training if asked for, or if the date has no model yet.

        Args:
            day: the date.
            retrain: train in any case.
            reason: the reason for the training, recorded as a tag of the run.

        Raises:
            RunError: the run failed, or another one is in progress.
            FaultError: the home has lost published days before the date, or a model.
        """
        self._prepare([day])
        self._day(day, retrain=retrain, reason=reason)

    def _day(self, day: date, *, retrain: bool = False, reason: str | None = None) -> None:
        if not retrain and not self._has_model(day):
            self.reporter.note(f"No model is in use for {day} yet: this run trains one.")
            retrain, reason = True, f"no model was in use for {day}"
        if not retrain:
            self._execute(DAILY, partition_key=day.isoformat())
            return
        tags = {RETRAIN_REASON: reason or ASKED_FOR}
        self._execute(RETRAIN, partition_key=day.isoformat(), tags=tags)

    def range(self, first: date, last: date) -> None:
        """Run all dates of a range in one run; trains on the first date if it has no model.

        Raises:
            RunError: a run failed, or another one is in progress.
            FaultError: the home has lost published days before the range, or a model.
        """
        self._prepare([first + timedelta(days=day) for day in range((last - first).days + 1)])
        if not self._has_model(first):
            self._day(first)
        self._execute(BACKFILL, tags=tags_of(Stretch(first, last)))

    def _prepare(self, days: Sequence[date]) -> None:
        """Check that no published day and no model in use was lost; report a disk that may fill up.

        Days whose rows were removed because of their age cannot be run either.
        """
        models = Models(self.home, self.config).churn_models
        require_models(self.home, models, self.config.slug)
        if self.home.warehouse.exists():
            with closing(open_file(self.home.warehouse, read_only=True)) as con:
                require_kept(con, days, self.config.churn.horizon_days)
        if lost := require_history(self.home, days):
            self.reporter.note(
                f"The warehouse lacks {len(lost)} published days after this run, {lost[0]} to "
                f"{lost[-1]}; they are published again once they are run: {rebuild_command(lost)}"
            )
        if problem := shortage(self.home, waiting_bytes(self.config, self.home, days[-1])):
            self.reporter.note(problem)

    def _has_model(self, day: date) -> bool:
        return Models(self.home, self.config).churn_models.champion(day) is not None

    def _execute(
        self, job_name: str, *, partition_key: str | None = None, tags: dict[str, str] | None = None
    ) -> None:
        with exclusive(self.home), dg.DagsterInstance.get() as instance:
            require_idle(instance)
            with self.reporter.following() as logger:
                result = self._job(job_name, logger).execute_in_process(
                    instance=instance,
                    partition_key=partition_key,
                    run_config=OWN_LOGGER,
                    tags={**_IN_LOCATION, PROCESS_TAG: process_tag(), **(tags or {})},
                    raise_on_error=False,
                )
            if failure := failure_message(report_alerts(self.config, self.home, instance)):
                self.reporter.note(failure)
        if not result.success:
            found = [str(fault_in(text, self.home) or text) for text in _reasons(result)]
            raise RunError("\n".join([*dict.fromkeys(found), f"(run {result.run_id[:8]})"]))

    def _job(self, name: str, logger: dg.LoggerDefinition) -> dg.JobDefinition:
        definitions = build_defs(config=self.config, home=self.home, logger=logger)
        return definitions.resolve_job_def(name)


def _reasons(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """The messages of failed steps and checks; the run's log has the traces."""
    for event in result.get_step_failure_events():
        failure = event.step_failure_data
        message = failure.user_failure_data and failure.user_failure_data.description
        error = failure.error
        while error is not None and error.cause is not None:
            error = error.cause
        yield message or (
            error.message.strip() if error is not None else f"{event.step_key} failed"
        )
    for check in result.get_asset_check_evaluations():
        if not check.passed and check.description and check.severity is dg.AssetCheckSeverity.ERROR:
            yield f"{check.check_name}: {check.description}"
