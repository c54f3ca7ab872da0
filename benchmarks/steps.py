"""Profile of Holdfast's runs by step and by table, from Dagster's own records."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

SLOWEST = 15


@dataclass(frozen=True)
class RunSteps:
    """Seconds of a run's steps in their order, and of its slowest tables and tests."""

    job: str
    date: str
    steps: dict[str, float]
    slowest: dict[str, float]


def runs_of(dagster_home: Path) -> list[RunSteps]:
    """Every run of an instance, oldest first."""
    os.environ["DAGSTER_HOME"] = str(dagster_home)  # its default storage asks for it
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        return [
            RunSteps(
                job=record.dagster_run.job_name,
                date=record.dagster_run.tags.get("dagster/partition", ""),
                steps=_steps(instance, record.dagster_run.run_id),
                slowest=_slowest(instance, record.dagster_run.run_id),
            )
            for record in instance.get_run_records(ascending=True)
        ]


def _steps(instance: dg.DagsterInstance, run_id: str) -> dict[str, float]:
    stats = [step for step in instance.get_run_step_stats(run_id) if step.start_time]
    stats.sort(key=lambda step: step.start_time or 0)
    return {step.step_key: (step.end_time or 0) - (step.start_time or 0) for step in stats}


def _slowest(instance: dg.DagsterInstance, run_id: str) -> dict[str, float]:
    """Execution seconds as dagster-dbt writes them into its events; tables run two at a time."""
    seconds: dict[str, float] = {}
    for entry in instance.all_logs(run_id):
        event = entry.dagster_event
        if event is None:
            continue
        if event.is_step_materialization:
            materialization = event.step_materialization_data.materialization
            name, metadata = materialization.asset_key.to_user_string(), materialization.metadata
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            name, metadata = f"test {check.check_name}", check.metadata
        else:
            continue
        duration = metadata.get("Execution Duration")
        if isinstance(duration, dg.FloatMetadataValue) and duration.value is not None:
            seconds[name] = duration.value
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return dict(ordered[:SLOWEST])
