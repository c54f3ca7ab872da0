"""`python -m tests.kills`: six commands killed at random moments, and each home compared.

A kill ends the command's whole session. The next command is the same one again, which may be killed
too (`--in-a-row`). After the one that is not, the published tables, the accounting of deliveries,
the hand-over and the registered models must be those of a home whose command was not killed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from deployment.home import Home
from tests.integration.deployments import ROOT, Deployment
from tests.kills.commands import (
    COMMANDS,
    Command,
    Outcome,
    arguments_of,
    configured,
    run,
    start_of,
)
from tests.kills.state import State, compared, read_state


@dataclass(frozen=True)
class Trial:
    """One home, its kills and their result; one line of the results.

    Attributes:
        number: from 0; with the seed it determines command and moments.
        command: its name.
        seconds: time from the command's beginning to each kill.
        is_ended: whether the command ended by itself before its last kill.
        next_seconds: time of the command that was not killed.
        differences: from the undisturbed home, one sentence each.
    """

    number: int
    command: str
    seconds: list[float]
    is_ended: bool
    next_seconds: float
    differences: list[str]


@dataclass(frozen=True)
class Undisturbed:
    """A home in which a command was not killed."""

    deployment: Deployment
    state: State
    seconds: float


def main(
    kills: Annotated[int, typer.Option(help="Kills in all, divided among the commands.")] = 200,
    in_a_row: Annotated[int, typer.Option(help="Kills of a home before it is compared.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed kills at the same moments.")] = 7,
    only: Annotated[list[str] | None, typer.Option(help="A command; repeatable.")] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of homes and results; a campaign continues there.")
    ] = ROOT / ".kills",
) -> None:
    """Kill until there are so many results; print and write the table; end with 1 on differences.

    A home that differs is kept, with the output of both commands.
    """
    out.mkdir(parents=True, exist_ok=True)
    results = out / f"kills_of_seed_{seed}_{in_a_row}_in_a_row.jsonl"
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    done = {trial.number: trial for trial in (Trial(**json.loads(line)) for line in lines)}
    undisturbed: dict[str, Undisturbed] = {}
    for number in range(ceil(kills / in_a_row)):
        command = COMMANDS[number % len(COMMANDS)]
        if number in done or (only and command.name not in only):
            continue
        if command.name not in undisturbed:
            undisturbed[command.name] = _undisturbed(out, command)
        moments = Random(f"{seed} {number}")
        trial = _trial(out, number, command, undisturbed[command.name], moments, in_a_row)
        done[number] = trial
        with results.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(trial))}\n")
        seconds = ", ".join(f"{each:.1f}" for each in trial.seconds)
        typer.echo(f"{number:>3} {trial.command:<10} {seconds} s {trial.differences}")
    table = _table(done.values())
    (out / "kills.md").write_text(table, encoding="utf-8")
    typer.echo(table)
    raise typer.Exit(any(trial.differences for trial in done.values()))


def _undisturbed(out: Path, command: Command) -> Undisturbed:
    """Run a command to its end in a copy of its first home."""
    start, target = start_of(command, out), out / f"undisturbed_{command.name}"
    shutil.rmtree(target, ignore_errors=True)
    with configured(start.copy(target), command, target.with_suffix(".yml")) as (home, receiver):
        finished = run(home, arguments_of(command, home), within=command.within)
        if finished.code:
            raise RuntimeError(f"{command.name} failed without a kill:\n{finished.output}")
        return Undisturbed(home, read_state(home, receiver), finished.seconds)


def _trial(
    out: Path, number: int, command: Command, expected: Undisturbed, moments: Random, in_a_row: int
) -> Trial:
    copied = start_of(command, out).copy(out / f"kill_{number}")
    config = copied.home.root.with_suffix(".yml")
    killed: list[Outcome] = []
    with configured(copied, command, config) as (home, receiver):
        arguments = arguments_of(command, home)
        is_ended = False
        while len(killed) < in_a_row and not is_ended:
            moment = moments.uniform(0, expected.seconds)
            outcome = run(home, arguments, within=command.within, kill_after=moment)
            is_ended = outcome.code >= 0
            killed += [] if is_ended else [outcome]
        repeated = run(home, arguments)
        state = read_state(home, receiver)
    found = list(compared(home, state, expected.deployment, expected.state))
    is_done = command.nothing_left is not None and command.nothing_left in repeated.output
    if repeated.code and not is_done:
        found.insert(0, f"the next command ended with {repeated.code}")
    if found:
        outputs = "\n".join(each.output for each in killed)
        copied.home.root.with_suffix(".killed.log").write_text(outputs, encoding="utf-8")
    else:
        _remove(copied.home)
    seconds = [each.seconds for each in killed]
    return Trial(number, command.name, seconds, is_ended, repeated.seconds, found)


def _remove(home: Home) -> None:
    shutil.rmtree(home.root)
    for suffix in (".yml", ".log"):
        home.root.with_suffix(suffix).unlink()


def _table(trials: Iterable[Trial]) -> str:
    """A Markdown table with a row for each command."""
    rows = [
        "| command | kills | homes | ended before a kill | seconds | homes that differ |",
        "|---|---|---|---|---|---|",
    ]
    for command in COMMANDS:
        of_it = [trial for trial in trials if trial.command == command.name]
        kills = sum(len(trial.seconds) for trial in of_it)
        ended = sum(trial.is_ended for trial in of_it)
        seconds = sum(sum(trial.seconds) + trial.next_seconds for trial in of_it)
        differing = sum(bool(trial.differences) for trial in of_it)
        rows.append(
            f"| {command.name} | {kills} | {len(of_it)} | {ended} | {seconds:.0f} | {differing} |"
        )
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    typer.run(main)
