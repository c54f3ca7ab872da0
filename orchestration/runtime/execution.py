"""Runs of the jobs in this process, on the instance that the UI shows.

A run that is started here is a run like any other: it is recorded under its job with its partition,
and the UI shows its log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import dagster as dg
from rich.console import Console

from cli.progress import RunProgress
from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.definitions import TERMINAL_LOGGER, build_defs
from orchestration.jobs import BACKFILL, DAILY, RETRAIN
from orchestration.resources import Models
from orchestration.retraining import ASKED_FOR, RETRAIN_REASON
from orchestration.runtime.instance import (
    LOCATION,
    PROCESS_TAG,
    RunError,
    process_tag,
    runs_in_progress,
)

_IN_LOCATION = {".dagster/repository": f"__repository__@{LOCATION}"}


@dataclass(frozen=True)
class Runner:
    """Executes the jobs of a deployment, whose environment has been prepared."""

    config: DeploymentConfig
    home: Home
    console: Console

    def day(self, day: date, *, retrain: bool = False, reason: str | None = None) -> None:
        """Run a date, with a new model if asked to or if there is none for it yet.

        Args:
            day: the date.
            retrain: whether to train a new model in any case.
            reason: why it is trained, kept as a tag of the run.

        Raises:
            RunError: the run failed, or another one is in progress.
        """
        if not retrain and not self._has_model(day):
            self.console.print(f"There is no model for {day} yet: one is trained on the way.")
            retrain, reason = True, f"there was no model for {day}"
        if not retrain:
            self._execute(DAILY, partition_key=day.isoformat())
            return
        tags = {RETRAIN_REASON: reason or ASKED_FOR}
        self._execute(RETRAIN, partition_key=day.isoformat(), tags=tags)

    def range(self, first: date, last: date) -> None:
        """Run all dates of a range in one run, after training on the first one if need be.

        Raises:
            RunError: a run failed, or another one is in progress.
        """
        if not self._has_model(first):
            self.day(first)
        tags = {
            "dagster/asset_partition_range_start": first.isoformat(),
            "dagster/asset_partition_range_end": last.isoformat(),
        }
        self._execute(BACKFILL, tags=tags)

    def _has_model(self, day: date) -> bool:
        return Models(self.home, self.config).registry.champion(day) is not None

    def _execute(
        self, job_name: str, *, partition_key: str | None = None, tags: dict[str, str] | None = None
    ) -> None:
        with dg.DagsterInstance.get() as instance:
            for run in runs_in_progress(instance):
                raise RunError(
                    f"run {run.run_id[:8]} of {run.job_name} is in progress: wait for its end, or "
                    "stop it in the UI"
                )
            with RunProgress(self.console) as progress:
                result = self._job(job_name, progress.logger).execute_in_process(
                    instance=instance,
                    partition_key=partition_key,
                    run_config={"loggers": {TERMINAL_LOGGER: {}}},
                    tags={**_IN_LOCATION, PROCESS_TAG: process_tag(), **(tags or {})},
                    raise_on_error=False,
                )
        if not result.success:
            raise RunError("\n".join([*_reasons(result), f"(run {result.run_id[:8]})"]))

    def _job(self, name: str, logger: dg.LoggerDefinition) -> dg.JobDefinition:
        definitions = build_defs(config=self.config, home=self.home, logger=logger)
        return definitions.resolve_job_def(name)


def _reasons(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """Why a run failed: what its steps say, without traces, which are in the run's log."""
    for event in result.get_step_failure_events():
        failure = event.step_failure_data
        said = failure.user_failure_data and failure.user_failure_data.description
        error = failure.error
        while error is not None and error.cause is not None:
            error = error.cause
        yield said or (error.message.strip() if error is not None else f"{event.step_key} failed")
    for check in result.get_asset_check_evaluations():
        if not check.passed and check.description and check.severity is dg.AssetCheckSeverity.ERROR:
            yield f"{check.check_name}: {check.description}"
