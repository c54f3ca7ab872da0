"""The command line: each command prepares the home, runs a job or shows something, and ends.

What takes long to import is imported by the command that needs it, so that `--help` is at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from deployment.errors import HoldfastError

if TYPE_CHECKING:
    from deployment.config import DeploymentConfig
    from deployment.home import Home
    from orchestration.runtime.execution import Runner

app = typer.Typer(
    help="Who is about to leave, why, what each is worth, and what to do about it: every day.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()
errors = Console(stderr=True)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The deployment's YAML; else HOLDFAST_CONFIG, else the demo's."),
]
Day = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The date.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why; it is kept.")]


class ModelKind(StrEnum):
    """The models of a deployment, as their registries are named."""

    CHURN = "churn"
    TEXTS = "texts"


@app.command()
def run(
    config: ConfigOption = None,
    day: Day = None,
    retrain: Annotated[
        bool, typer.Option("--retrain/--no-retrain", help="Train a new model when one is due.")
    ] = True,
) -> None:
    """Run a date: by default the latest complete one. Trains if there is no model or one is due."""
    with _plain_errors():
        runner = _runner(config)
        date_run = _date(runner.config, day)
        reason = _why_due(runner, date_run) if retrain else None
        runner.day(date_run, retrain=reason is not None, reason=reason)
        _show(runner.config, runner.home)


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
    config: ConfigOption = None,
) -> None:
    """Run every date of a range, in one run, as the daily runs would have done."""
    with _plain_errors():
        if last < first:
            raise typer.BadParameter("--to is before --from")
        runner = _runner(config)
        runner.range(_date(runner.config, first), _date(runner.config, last))
        _show(runner.config, runner.home)


@app.command()
def train(config: ConfigOption = None, day: Day = None) -> None:
    """Run a date with a new model, which is used from then on if it is no worse."""
    with _plain_errors():
        runner = _runner(config)
        runner.day(_date(runner.config, day), retrain=True)
        _show(runner.config, runner.home)


@app.command()
def rollback(
    config: ConfigOption = None,
    to: Annotated[
        str | None, typer.Option("--to", help="The version to put back; else the one before.")
    ] = None,
    reason: Why = None,
    kind: Annotated[
        ModelKind, typer.Option("--model", help="Who leaves, or what texts say.")
    ] = ModelKind.CHURN,
) -> None:
    """Take the model in use out of use, and put an earlier one back."""
    with _plain_errors():
        settings, home = _prepared(config)
        from orchestration.resources import Models

        done = Models(home, settings).rollback(kind.value, datetime.now(UTC), to, reason)
        if kind is ModelKind.TEXTS:
            name, then = "Model of texts", "reads again with it what those have read"
        else:
            name, then = "Model", "scores with it"
        withdrawn = ", ".join(done.withdrawn) or "none"
        console.print(
            f"{name} {done.restored}, as of {done.as_of}, is in use again; out of use: "
            f"{withdrawn}. The next run {then}.",
            soft_wrap=True,
        )


@app.command()
def accept_drift(
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The date.")],
    feature: Annotated[list[str], typer.Option(help="What has shifted; may be given repeatedly.")],
    config: ConfigOption = None,
    reason: Why = None,
) -> None:
    """Let features pass that hold a date back because they are not what they were."""
    with _plain_errors():
        settings, home = _prepared(config)
        from orchestration.drift.gate import accept
        from warehouse.connection import Warehouse

        warehouse = Warehouse(home.warehouse, settings.time_zone)
        warehouse.require()
        with warehouse.connect() as con:
            accept(
                con,
                day.date(),
                feature,
                bound=settings.drift.hold_above,
                at=datetime.now(UTC),
                by=getuser(),
                reason=reason,
            )
        console.print(
            f"Accepted from {day.date()} on: {', '.join(feature)}. "
            f"Now: holdfast run --date {day.date()}",
            soft_wrap=True,
        )


@app.command()
def ui(
    config: ConfigOption = None,
    dagster_port: Annotated[int, typer.Option(help="Port of Dagster.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="Port of MLflow.")] = 5000,
) -> None:
    """Serve the Dagster UI with its daemon, and the MLflow UI, until Ctrl-C."""
    with _plain_errors():
        from cli.servers import interfaces

        _, home = _prepared(config)
        with (
            console.status("Starting, which takes half a minute") as spinner,
            interfaces(home, dagster_port, mlflow_port) as servers,
        ):
            spinner.stop()
            for server in servers:
                console.print(f"{server.name:<8} {server.url}")
            console.print("Ctrl-C stops both.")
            while True:
                for server in servers:
                    server.check()
                time.sleep(1)


@app.command()
def status(config: ConfigOption = None) -> None:
    """Say what was published last, and which runs there were."""
    with _plain_errors():
        settings, home = _prepared(config)
        _show(settings, home)
        _show_runs()


@app.command()
def doctor(config: ConfigOption = None) -> None:
    """Look at configuration, sources and versions, and say what is wrong in plain words."""
    from cli.doctor.diagnosis import diagnose
    from deployment.config_file import config_path_from_env
    from deployment.home import Home

    marks = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "error": "[red]✗[/]"}
    findings = diagnose(config or config_path_from_env(), Home.from_env())
    for finding in findings:
        console.print(f"{marks[finding.level]} {finding.subject}: {escape(finding.message)}")
        if finding.remedy:
            console.print(f"  [dim]→ {escape(finding.remedy)}[/]")
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


@app.command()
def connect(
    name: Annotated[str, typer.Argument(help="What the source is to be called.")],
    origin: Annotated[
        str,
        typer.Option(
            "--from",
            help="A folder, an object store's or a database's URL, or an API's entry as YAML; "
            "'${NAME}' for a secret.",
        ),
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", help="The YAML to add to, or make; else HOLDFAST_CONFIG's, else NAME's own."
        ),
    ] = None,
    storage_option: Annotated[
        list[str] | None,
        typer.Option(
            help="Of an object store, as in the configuration: 'key=${S3_KEY}', endpoint_url=…, "
            "config_kwargs.connect_timeout=5; may be given repeatedly.",
        ),
    ] = None,
    is_dry: Annotated[bool, typer.Option("--dry-run", help="Look, and write nothing.")] = False,
) -> None:
    """Profile a source, propose what its tables mean, and write config and staging to be edited."""
    with _plain_errors():
        from cli.connect_display import show_connection
        from deployment.config_file import CONFIG_VARIABLE
        from deployment.home import Home
        from deployment.project import ROOT
        from ingestion.connect.connection import connect as connect_source
        from ingestion.connect.origins.storage_options import storage_options

        named = os.environ.get(CONFIG_VARIABLE)
        path = config or (Path(named) if named else Path("config") / f"{name}.yml")
        with console.status("Looking"):
            connection = connect_source(
                name,
                origin,
                path,
                Home.from_env(),
                ROOT,
                storage_options=storage_options(storage_option or []),
                is_dry=is_dry,
            )
        show_connection(console, connection, is_dry=is_dry)


def _prepared(config: Path | None) -> tuple[DeploymentConfig, Home]:
    """The deployment and its home, made, with this process's environment set for both."""
    from deployment.config_file import config_path_from_env, load_config
    from deployment.home import Home
    from orchestration.runtime.instance import prepare

    path = config or config_path_from_env()
    settings, home = load_config(path), Home.from_env()
    prepare(home, path)
    return settings, home


def _runner(config: Path | None) -> Runner:
    settings, home = _prepared(config)
    with console.status("Loading"):
        from orchestration.runtime.execution import Runner
    return Runner(settings, home, console)


def _why_due(runner: Runner, day: date) -> str | None:
    """Why the run of a date trains a new model, said to the reader too; None where it does not."""
    from orchestration.retraining import why_due

    reason = why_due(runner.config, runner.home, day)
    if reason is not None:
        console.print(f"A new model is trained on the way. {escape(reason)}", soft_wrap=True)
    return reason


def _date(config: DeploymentConfig, given: datetime | None) -> date:
    from deployment.config import run_date, today_in
    from deployment.config_file import ConfigError

    latest = run_date(config, today_in(config.time_zone))
    day = given.date() if given else latest
    if not config.first_date <= day <= latest:
        raise ConfigError(
            f"{day} cannot be run: {config.company} has dates from {config.first_date} to {latest}"
        )
    return day


def _show(config: DeploymentConfig, home: Home) -> None:
    import dagster as dg

    from cli.summary import read_summary, show_summary
    from orchestration.model_record import metrics_of

    summary = read_summary(home.published)
    if summary is None:
        console.print("Nothing was published yet: holdfast run")
        return
    with dg.DagsterInstance.get() as instance:
        metrics = metrics_of(instance, summary.model_version)
    show_summary(console, summary, metrics, config, home)


def _show_runs() -> None:
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        for record in instance.get_run_records(limit=5):
            run = record.dagster_run
            started = f"{record.create_timestamp:%Y-%m-%d %H:%M}"
            dates = run.tags.get("dagster/partition", "")
            console.print(
                f"{started} UTC  {run.job_name:<9} {dates:<11} {run.status.value.lower()}"
            )


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say what is known to go wrong in one message without a trace, and end with 1."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print("Stopped.")
        raise typer.Exit(130) from None
    except HoldfastError as error:
        errors.print(f"[red]✗[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
