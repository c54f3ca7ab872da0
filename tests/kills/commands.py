"""The five commands that are killed, each with its home before it and the home of a whole run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
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
        nothing_left: message of a repetition that is refused, because the command that was killed
            had done all its work.
    """

    name: str
    arguments: tuple[str, ...]
    within: str | None = None
    every_days: int = 30
    nothing_left: str | None = None


COMMANDS = (
    Command("daily run", ("run", "--date", str(_NEXT))),
    # A training is due, so a run trains; its repetition does so only if no model was judged.
    Command("retrain", ("run", "--date", str(_NEXT)), every_days=1),
    Command("backfill", ("backfill", "--from", str(_NEXT), "--to", str(LAST))),
    Command("erase", ("erase", "--customer", "{customer}"), nothing_left="no customer has the id"),
    Command("hand-over", ("run", "--date", str(_NEXT)), within="hand_over__actions"),
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


def first_day(folder: Path) -> Deployment:
    """The company after its first day, which the other homes are copies of; made once."""
    home = Home(folder / "first_day")
    if not home.root.exists():
        fresh = Deployment(Home(folder / "first_day.partial"))
        shutil.rmtree(fresh.home.root, ignore_errors=True)
        deliver(fresh.home, PEOPLE)
        with configured(fresh, COMMANDS[0], folder / "first_day.yml") as (ready, _):
            done = run(ready, ("run", "--date", str(HISTORY)))
        if done.code:
            raise RuntimeError(f"the first day failed:\n{done.output}")
        fresh.home.root.rename(home.root)
    return Deployment(home)


@contextmanager
def configured(
    deployment: Deployment, command: Command, config: Path
) -> Iterator[tuple[Deployment, Receiver]]:
    """The home with the demo's configuration, a due training and a receiver of actions."""
    with Receiver(after=lambda _: time.sleep(_SECONDS_A_REQUEST)).serving() as receiver:
        content = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
        content["training"] |= {**QUICK_TRAINING, "every_days": command.every_days}
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
