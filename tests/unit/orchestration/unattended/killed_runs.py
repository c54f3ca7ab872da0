"""Runs of a day whose process was killed, as Dagster's daemon leaves them."""

from __future__ import annotations

from datetime import date

import dagster as dg
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.dagster_run import DagsterRun

from orchestration.runtime.instance import LOCATION

_LOCATION = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), "__repository__")


def killed_run(
    day: date, *, is_of_daemon: bool = True, retried_as: str | None = None
) -> DagsterRun:
    """A run that Dagster marked as one to be retried; one of the command line has no origin."""
    tags = {"dagster/partition": day.isoformat(), "dagster/will_retry": "true"}
    if retried_as is not None:
        tags["dagster/auto_retry_run_id"] = retried_as
    return DagsterRun(
        job_name="daily",
        status=dg.DagsterRunStatus.FAILURE,
        tags=tags,
        remote_job_origin=RemoteJobOrigin(_LOCATION, "daily") if is_of_daemon else None,
    )
