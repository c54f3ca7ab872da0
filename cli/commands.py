"""Commands: options and help of each, and the calls that do its work.

Slow modules are imported inside the commands that need them, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from enum import StrEnum
from getpass import getuser
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from cli.known_errors import FAILED, known_errors, show_problem
from cli.prepare import date_to_run, prepare_deployment, prepare_runner

app = typer.Typer(
    help="Every day: which customers are about to churn, why, their value, and what to do.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()
errors = Console(stderr=True)

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The deployment's YAML; default: HOLDFAST_CONFIG or the demo's."),
]
Day = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The date, YYYY-MM-DD.")
]
Reason = Annotated[str | None, typer.Option("--reason", help="The reason, which is recorded.")]


class ModelKind(StrEnum):
    """The registered models of a deployment."""

    CHURN = "churn"
    TEXTS = "texts"
    UPLIFT = "uplift"


@app.command()
def run(
    config: ConfigOption = None,
    day: Day = None,
    retrain: Annotated[
        bool, typer.Option("--retrain/--no-retrain", help="Train a new model if one is due.")
    ] = True,
) -> None:
    """Run a date, by default the latest complete one; trains if there is no model or one is due."""
    with known_errors(errors):
        runner = prepare_runner(config, console)
        from cli.status import show_published_day
        from orchestration.training.evidence import why_due

        date_run = date_to_run(runner.config, day)
        reason = why_due(runner.config, runner.home, date_run) if retrain else None
        if reason is not None:
            console.print(f"This run trains a new model. {escape(reason)}", soft_wrap=True)
        runner.day(date_run, retrain=reason is not None, reason=reason)
        show_published_day(console, runner.config, runner.home)


@app.command()
def backfill(
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first date, YYYY-MM-DD.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last date, YYYY-MM-DD.")
    ],
    config: ConfigOption = None,
) -> None:
    """Run all dates of a range in one run, with the results of daily runs."""
    with known_errors(errors):
        if last < first:
            raise typer.BadParameter("--to is before --from")
        runner = prepare_runner(config, console)
        from cli.status import show_published_day

        runner.range(date_to_run(runner.config, first), date_to_run(runner.config, last))
        show_published_day(console, runner.config, runner.home)


@app.command()
def train(config: ConfigOption = None, day: Day = None) -> None:
    """Run a date with a training; the model is promoted if it passes the promotion gate."""
    with known_errors(errors):
        runner = prepare_runner(config, console)
        from cli.status import show_published_day

        runner.day(date_to_run(runner.config, day), retrain=True)
        show_published_day(console, runner.config, runner.home)


@app.command()
def rollback(
    config: ConfigOption = None,
    to: Annotated[
        str | None, typer.Option("--to", help="The version to restore; default: the previous one.")
    ] = None,
    reason: Reason = None,
    kind: Annotated[
        ModelKind,
        typer.Option("--model", help="The churn model, the text model or an uplift learner."),
    ] = ModelKind.CHURN,
    action: Annotated[
        str | None, typer.Option("--action", help="The action of the uplift learner.")
    ] = None,
) -> None:
    """Roll back the model in use to an earlier version, or withdraw an uplift learner."""
    with known_errors(errors):
        if (kind is ModelKind.UPLIFT) != (action is not None) or (action and to):
            raise typer.BadParameter(
                "--model uplift needs --action and takes no --to: it withdraws the learner in use"
            )
        settings, home = prepare_deployment(config)
        from orchestration.resources import Models

        models = Models(home, settings)
        if kind is ModelKind.UPLIFT:
            version = models.withdraw_learner(str(action), datetime.now(UTC), reason)
            console.print(
                f"Uplift learner {version} of {action} is out of use. The next run decides by the "
                "action's save shares.",
                soft_wrap=True,
            )
            return
        churn_or_texts: Literal["churn", "texts"] = "churn" if kind is ModelKind.CHURN else "texts"
        done = models.rollback(churn_or_texts, datetime.now(UTC), to, reason)
        name, next_run = {
            ModelKind.CHURN: ("Churn model", "scores with it"),
            ModelKind.TEXTS: ("Text model", "scores again with it the texts of those versions"),
        }[kind]
        withdrawn = ", ".join(done.withdrawn) or "none"
        console.print(
            f"{name} {done.restored}, as of {done.as_of}, is in use again. Versions taken out of "
            f"use: {withdrawn}. The next run {next_run}.",
            soft_wrap=True,
        )


@app.command()
def accept_drift(
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The date.")],
    feature: Annotated[list[str], typer.Option(help="The drifted feature; may be repeated.")],
    config: ConfigOption = None,
    reason: Reason = None,
) -> None:
    """Accept the drift of features that blocks a date's publication."""
    with known_errors(errors):
        settings, home = prepare_deployment(config)
        from orchestration.drift.gate import accept
        from warehouse.connection import Warehouse

        warehouse = Warehouse.of(settings, home)
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
            f"Drift accepted from {day.date()} on: {', '.join(feature)}. "
            f"Now: holdfast run --date {day.date()}",
            soft_wrap=True,
        )


@app.command()
def erase(
    config: ConfigOption = None,
    customer: Annotated[
        list[str] | None, typer.Option(help="The customer's id, of any day; may be repeated.")
    ] = None,
    email: Annotated[
        list[str] | None, typer.Option(help="An e-mail address of the person; may be repeated.")
    ] = None,
    is_dry: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be erased.")
    ] = False,
) -> None:
    """Erase a person from the home, and keep redeliveries from bringing them back."""
    with known_errors(errors):
        settings, home = prepare_deployment(config)
        import dagster as dg

        from cli.erasure_display import erase_person
        from orchestration.runtime.instance import require_idle
        from warehouse.exclusive import exclusive
        from warehouse.health.files import require_sound

        with exclusive(home):
            # A damaged database would stop the erasure half way.
            require_sound(home)
            with dg.DagsterInstance.get() as instance:
                require_idle(instance)
            erase_person(console, settings, home, customer or [], email or [], is_dry=is_dry)


@app.command()
def prune(
    config: ConfigOption = None,
    is_dry: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be removed.")
    ] = False,
) -> None:
    """Remove rows, models and runs that are older than the configuration keeps them."""
    with known_errors(errors):
        settings, home = prepare_deployment(config)
        import dagster as dg

        from orchestration.pruning import give_space_back, prune_home
        from orchestration.runtime.instance import require_idle
        from warehouse.exclusive import exclusive

        with (
            exclusive(home),
            dg.DagsterInstance.get() as instance,
            console.status("Removing"),
        ):
            require_idle(instance)
            pruned = prune_home(settings, home, instance, is_dry=is_dry)
            given_back = 0 if is_dry else give_space_back(settings, home)
        for name, number in pruned.figures().items():
            console.print(f"{number:>12,} {name}", highlight=False, soft_wrap=True)
        if is_dry:
            console.print("Nothing was changed.")
        elif given_back:
            console.print(f"The warehouse is {given_back / 1e6:,.0f} MB smaller.", highlight=False)
        if pruned.rows and not is_dry:
            console.print("The next run publishes without these rows: holdfast run", soft_wrap=True)


@app.command()
def ui(
    config: ConfigOption = None,
    dagster_port: Annotated[int, typer.Option(help="Port of Dagster.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="Port of MLflow.")] = 5000,
    with_daemon: Annotated[
        bool,
        typer.Option("--daemon/--no-daemon", help="Without, where `holdfast daemon` is running."),
    ] = True,
) -> None:
    """Serve the Dagster UI with its daemon, and the MLflow UI, until Ctrl-C."""
    with known_errors(errors):
        from cli.servers import interfaces

        _, home = prepare_deployment(config)
        with (
            console.status("Starting, which takes half a minute") as spinner,
            interfaces(home, dagster_port, mlflow_port, with_daemon=with_daemon) as servers,
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
def daemon(config: ConfigOption = None) -> None:
    """Run schedules, sensors and the queue of runs, without a UI, until stopped."""
    with known_errors(errors):
        from cli.servers import become_daemon

        prepare_deployment(config)
        become_daemon()


@app.command()
def status(
    config: ConfigOption = None,
    is_check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Show open faults only; exit with 0 without any, 3 for warnings, 4 for errors.",
        ),
    ] = False,
) -> None:
    """Show the latest published day, runs and open faults; ends with 1 if a file is damaged."""
    with known_errors(errors):
        settings, home = prepare_deployment(config)
        from warehouse.health.files import damages

        found = damages(home)
        for damage in found:
            show_problem(errors, damage.sentence)
        # Runs and faults are read from Dagster's storage.
        if not any(damage.path.is_relative_to(home.dagster_home) for damage in found):
            from cli.status import show_faults, show_published_day, show_runs

            if is_check and not found:
                raise typer.Exit(show_faults(console, settings, home))
            if not is_check and not any(damage.path == home.published for damage in found):
                show_published_day(console, settings, home)
            if not is_check:
                show_runs(console)
            show_faults(console, settings, home)
    if found:
        raise typer.Exit(FAILED)


@app.command()
def backup(
    to: Annotated[Path, typer.Option(help="The new folder; it is a home itself.")],
    config: ConfigOption = None,
    with_landing: Annotated[
        bool, typer.Option("--with-landing", help="Copy the deliveries too.")
    ] = False,
) -> None:
    """Copy the home into a new folder, while the UIs run and no run does, and check the copy."""
    with known_errors(errors):
        _, home = prepare_deployment(config)
        import dagster as dg

        from orchestration.runtime.instance import require_idle
        from warehouse.exclusive import exclusive
        from warehouse.health.backup import back_up

        with exclusive(home), console.status("Copying"):
            with dg.DagsterInstance.get() as instance:
                require_idle(instance)
            made = back_up(home, to, with_landing=with_landing)
        console.print(
            f"{made.folder}: {made.size_bytes / 1e6:,.0f} MB, every block was read again",
            highlight=False,
            soft_wrap=True,
        )


@app.command()
def brief(
    config: ConfigOption = None,
    day: Day = None,
    is_opened: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    pdf: Annotated[
        Path | None, typer.Option(help="Print it to this file; needs Chromium, Chrome or Edge.")
    ] = None,
    is_sent: Annotated[
        bool, typer.Option("--send", help="Send it by the mail server of the configuration.")
    ] = False,
    language: Annotated[
        str | None, typer.Option(help="Language to open or print: en or zh.")
    ] = None,
) -> None:
    """Show where the brief of a published day is, by default the latest; open, print or send it."""
    with known_errors(errors):
        from cli.brief_display import show_brief
        from deployment.config_file import config_path_from_env, load_config
        from deployment.home import Home

        show_brief(
            console,
            load_config(config or config_path_from_env()),
            Home.from_env(),
            day.date() if day else None,
            is_opened=is_opened,
            pdf=pdf,
            is_sent=is_sent,
            language=language,
        )


@app.command()
def doctor(config: ConfigOption = None) -> None:
    """Check configuration, sources, receivers and package versions; name a remedy where needed."""
    from cli.doctor.diagnosis import diagnose
    from deployment.config_file import config_path_from_env
    from deployment.home import Home
    from warehouse.health.access import require_access

    marks = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "error": "[red]✗[/]"}
    home = Home.from_env()
    with known_errors(errors):
        require_access(home)
        findings = diagnose(config or config_path_from_env(), home)
    for finding in findings:
        console.print(f"{marks[finding.level]} {finding.subject}: {escape(finding.message)}")
        if finding.remedy:
            console.print(f"  [dim]→ {escape(finding.remedy)}[/]")
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder of the simulation, which continues there.")],
    people: Annotated[int, typer.Option(help="People of the demo company.")] = 1500,
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 7,
    days: Annotated[int, typer.Option(help="Days over which decisions are taken.")] = 364,
    every: Annotated[int, typer.Option(help="Days between two decisions.")] = 14,
    budget: Annotated[
        float | None,
        typer.Option(help="Budget of a month of daily decisions; default: 1 EUR a person."),
    ] = None,
) -> None:
    """Run the demo company forward under six policies, and compare what each earns."""
    with known_errors(errors):
        from cli.simulation_display import run_simulation

        run_simulation(console, out, people, seed, days, every, budget)


@app.command()
def connect(
    name: Annotated[str, typer.Argument(help="The name of the source.")],
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
            "--config",
            help="The YAML to extend or create; default: HOLDFAST_CONFIG or NAME.yml.",
        ),
    ] = None,
    storage_option: Annotated[
        list[str] | None,
        typer.Option(
            help="An option of the object store, as in the configuration: 'key=${S3_KEY}', "
            "endpoint_url=…, config_kwargs.connect_timeout=5; may be repeated.",
        ),
    ] = None,
    is_dry: Annotated[bool, typer.Option("--dry-run", help="Only show the proposal.")] = False,
) -> None:
    """Profile a source, map its tables to entities, and draft config entry and staging models."""
    with known_errors(errors):
        from cli.connect_display import show_connection
        from deployment.config_file import CONFIG_VARIABLE
        from deployment.home import Home
        from deployment.project import ROOT
        from ingestion.connect.connection import connect as connect_source
        from ingestion.connect.origins.storage_options import storage_options

        named = os.environ.get(CONFIG_VARIABLE)
        path = config or (Path(named) if named else Path("config") / f"{name}.yml")
        with console.status("Profiling"):
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
