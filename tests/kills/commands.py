"""The six commands that are killed, each with its home before it and the home of a whole run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import yaml

from deployment.home import Home
from tests.integration.deployments import (
    DEMO,
    HISTORY,
    LAST,
    QUICK_TRAINING,
    ROOT,
    Deployment,
    deliver,
)
from tests.integration.killed_runs import wait_for_step
from tests.unit.warehouse.hand_over.receiver import Receiver

PEOPLE = 300
_NEXT = HISTORY + timedelta(days=1)
# A day on which the first day is older than `_KEEP` says.
_LATE = date(2026, 11, 13)
_KEEP: dict[str, int | None] = {"past_days": 121, "texts_days": 121, "raw_days": 30}
# Long enough that a kill finds the hand-over between two requests.
_SECONDS_A_REQUEST = 0.05
_SECRET = "SIGNING_SECRET"
# A run of this company takes 20 s of CPU; a busy machine gives a tenth of a core.
_PATIENCE_SECONDS = 1800


@dataclass(frozen=True)
class Command:
    """A command of `holdfast` that is killed, and run again.

    Attributes:
        name: as the table shows it.
        arguments: of the command line; `{customer}` is a customer of the company.
        within: the step of Dagster after whose beginning it is killed; None for its whole time.
        every_days: days after which a training is due.
        keep: section `keep` of the configuration; its home has a later day too.
        nothing_left: message of a repetition that is refused, because the command that was killed
            had done all its work.
    """

    name: str
    arguments: tuple[str, ...]
    within: str | None = None
    every_days: int = 30
    keep: dict[str, int | None] | None = None
    nothing_left: str | None = None


COMMANDS = (
    Command("daily run", ("run", "--date", str(_NEXT))),
    # A training is due, so a run trains; its repetition does so only if no model was judged.
    Command("retrain", ("run", "--date", str(_NEXT)), every_days=1),
    Command("backfill", ("backfill", "--from", str(_NEXT), "--to", str(LAST))),
    Command("erase", ("erase", "--customer", "{customer}"), nothing_left="no customer has the id"),
    Command("hand-over", ("run", "--date", str(_NEXT)), within="hand_over__actions"),
    Command("prune", ("prune",), keep=_KEEP),
)


@dataclass(frozen=True)
class Outcome:
    """A finished command.

    Attributes:
        code: its exit code, negative for a signal.
        seconds: its time, from the step `within` where the command has one.
        output: its standard output and errors.
    """

    code: int
    seconds: float
    output: str


def start_of(command: Command, folder: Path) -> Deployment:
    """The home that the homes of a command are copies of; made once."""
    return late_day(folder) if command.keep else first_day(folder)


def first_day(folder: Path) -> Deployment:
    """The company after its first day."""
    home = Home(folder / "first_day")
    if not home.root.exists():
        fresh = Deployment(_emptied(folder / "first_day.partial"))
        deliver(fresh.home, PEOPLE)
        _run_day(fresh, COMMANDS[0], HISTORY, home)
    return Deployment(home)


def late_day(folder: Path) -> Deployment:
    """The company after its first day and a day in the autumn."""
    home = Home(folder / "late_day")
    if not home.root.exists():
        target = _emptied(folder / "late_day.partial").root
        kept = replace(COMMANDS[0], keep={"past_days": None})
        _run_day(first_day(folder).copy(target), kept, _LATE, home)
    return Deployment(home)


def _emptied(root: Path) -> Home:
    shutil.rmtree(root, ignore_errors=True)
    return Home(root)


def _run_day(deployment: Deployment, command: Command, day: date, home: Home) -> None:
    """Run a day to its end, and give the home its place."""
    config = home.root.with_suffix(".yml")
    with configured(deployment, command, config) as (ready, _):
        done = run(ready, ("run", "--date", str(day)))
    if done.code:
        raise RuntimeError(f"the run of {day} failed:\n{done.output}")
    deployment.home.root.rename(home.root)


@contextmanager
def configured(
    deployment: Deployment, command: Command, config: Path
) -> Iterator[tuple[Deployment, Receiver]]:
    """The home with the demo's configuration, a due training and a receiver of actions."""
    with Receiver(after=lambda _: time.sleep(_SECONDS_A_REQUEST)).serving() as receiver:
        content = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
        content["training"] |= {**QUICK_TRAINING, "every_days": command.every_days}
        if command.keep is not None:
            content |= {"last_date": _LATE, "keep": command.keep}
            # Nobody buys in the months before the late day.
            content["drift"] |= {"on_shift": "warn"}
        settings = receiver.settings(timeout_seconds=30.0).model_dump()
        content["hand_over"] = {**settings, "files": True, "postgres": None}
        config.write_text(yaml.safe_dump(content), encoding="utf-8")
        os.environ[_SECRET] = "kelp-signing-key-4711"
        yield Deployment(deployment.home, config), receiver


def arguments_of(command: Command, deployment: Deployment) -> tuple[str, ...]:
    """The arguments of a command, with the customer of the most orders in the place of one."""
    ((customer,),) = deployment.query(
        "select customer_id from marts.dim_customers order by order_count desc, customer_id limit 1"
    )
    return tuple(each.format(customer=customer) for each in command.arguments)


def run(
    deployment: Deployment,
    arguments: tuple[str, ...],
    *,
    within: str | None = None,
    kill_after: float | None = None,
) -> Outcome:
    """Run a command in a session of its own.

    Args:
        deployment: the home and its configuration.
        arguments: of `holdfast`.
        within: wait for the beginning of this step; the time counts from it.
        kill_after: seconds after which the session is killed; None lets the command end.
    """
    log = deployment.home.root.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            deployment.command(*arguments),
            env=deployment.environ(),
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if within is not None:
            wait_for_step(within, process, deployment)
        begun = time.monotonic()
        try:
            process.wait(_PATIENCE_SECONDS if kill_after is None else kill_after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return Outcome(process.returncode, time.monotonic() - begun, log.read_text(encoding="utf-8"))
