"""Status: latest published day, latest runs and open faults, printed to the terminal."""

from __future__ import annotations

import dagster as dg
from rich.console import Console
from rich.markup import escape

from alerts.delivery import failure_message
from alerts.ledger import AlertLedger
from cli.summary.copies import show_copies
from cli.summary.day_summary import read_summary
from cli.summary.display import show_summary
from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.recorded_copies import recorded_copies
from orchestration.resources import Models
from orchestration.training.recorded_metrics import (
    latest_learners,
    latest_refusal,
    model_metrics,
)
from orchestration.unattended.alerting import open_faults

# Exit codes of `holdfast status --check`. 1 and 2 are those of a known error and of a wrong option.
NO_FAULT = 0
WARNING_OPEN = 3
ERROR_OPEN = 4

_RUNS = 5


def show_published_day(console: Console, config: DeploymentConfig, home: Home) -> None:
    """Print the latest published day with the metrics of its model.

    Raises:
        SummaryError: another version of Holdfast published the file.
    """
    summary = read_summary(home.published)
    if summary is None:
        console.print("Nothing has been published yet: holdfast run")
        return
    with dg.DagsterInstance.get() as instance:
        version = summary.model_version
        metrics = model_metrics(instance, Models(home, config), version)
        refusal = latest_refusal(instance, version, summary.day)
        learners = latest_learners(instance, summary.day) if summary.actions else None
        copies = recorded_copies(instance, config.publish.copies)
    show_summary(console, summary, metrics, config, home, refusal, learners)
    show_copies(console, copies)


def show_runs(console: Console) -> None:
    """Print the latest runs: start, job, date and status."""
    with dg.DagsterInstance.get() as instance:
        for record in instance.get_run_records(limit=_RUNS):
            run = record.dagster_run
            started = f"{record.create_timestamp:%Y-%m-%d %H:%M}"
            dates = run.tags.get("dagster/partition", "")
            console.print(
                f"{started} UTC  {run.job_name:<9} {dates:<11} {run.status.value.lower()}"
            )


def show_faults(console: Console, config: DeploymentConfig, home: Home) -> int:
    """Print the open faults with what to do; return the exit code of the gravest one."""
    with dg.DagsterInstance.get() as instance:
        faults = open_faults(config, home, instance)
    if not faults:
        console.print("No fault is open.")
    for fault in faults:
        colour = "red" if fault.severity == "error" else "yellow"
        console.print(f"[{colour}]{fault.severity}[/] {escape(fault.text)}", soft_wrap=True)
        console.print(f"  [dim]→ {escape(fault.remedy)}[/]", soft_wrap=True)
    if failure := failure_message(AlertLedger.read(home.alerts).errors):
        console.print(escape(failure), soft_wrap=True)
    if any(fault.severity == "error" for fault in faults):
        return ERROR_OPEN
    return WARNING_OPEN if faults else NO_FAULT
