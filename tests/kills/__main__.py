"""`python -m tests.kills`: six commands killed at random moments, and each home compared.

A kill ends the command's whole session. The next command is the same one again. After it, the
published tables, the accounting of deliveries, the hand-over and the registered models must be
those of a home whose command was not killed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from deployment.home import Home
from tests.integration.deployments import ROOT, Deployment
from tests.kills.commands import COMMANDS, Command, arguments_of, configured, run, start_of
from tests.kills.state import State, compared, read_state


@dataclass(frozen=True)
class Kill:
    """A kill and its result, one line of `kills.jsonl`.

    Attributes:
        number: from 0; with the seed it determines command and moment.
        command: its name.
        seconds: time from the command's beginning to the kill, or to its end.
        is_killed: whether the command had not ended before.
        next_seconds: time of the next command.
        differences: from the undisturbed home, one sentence each.
    """

    number: int
    command: str
    seconds: float
    is_killed: bool
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
    results = out / f"kills_of_seed_{seed}.jsonl"
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    done = {kill.number: kill for kill in (Kill(**json.loads(line)) for line in lines)}
    undisturbed: dict[str, Undisturbed] = {}
    for number in range(kills):
        command = COMMANDS[number % len(COMMANDS)]
        if number in done or (only and command.name not in only):
            continue
        if command.name not in undisturbed:
            undisturbed[command.name] = _undisturbed(out, command)
        kill = _kill(out, number, command, undisturbed[command.name], seed)
        done[number] = kill
        with results.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(kill))}\n")
        typer.echo(f"{number:>3} {kill.command:<10} {kill.seconds:>6.1f} s {kill.differences}")
    table = _table(done.values())
    (out / "kills.md").write_text(table, encoding="utf-8")
    typer.echo(table)
    raise typer.Exit(any(kill.differences for kill in done.values()))


def _undisturbed(out: Path, command: Command) -> Undisturbed:
    """Run a command to its end in a copy of its first home."""
    start, target = start_of(command, out), out / f"undisturbed_{command.name}"
    shutil.rmtree(target, ignore_errors=True)
    with configured(start.copy(target), command, target.with_suffix(".yml")) as (home, receiver):
        finished = run(home, arguments_of(command, home), within=command.within)
        if finished.code:
            raise RuntimeError(f"{command.name} failed without a kill:\n{finished.output}")
        return Undisturbed(home, read_state(home, receiver), finished.seconds)


def _kill(out: Path, number: int, command: Command, expected: Undisturbed, seed: int) -> Kill:
    moment = Random(f"{seed} {number}").uniform(0, expected.seconds)
    copied = start_of(command, out).copy(out / f"kill_{number}")
    config = copied.home.root.with_suffix(".yml")
    with configured(copied, command, config) as (home, receiver):
        arguments = arguments_of(command, home)
        killed = run(home, arguments, within=command.within, kill_after=moment)
        repeated = run(home, arguments)
        state = read_state(home, receiver)
    found = list(compared(home, state, expected.deployment, expected.state))
    is_done = command.nothing_left is not None and command.nothing_left in repeated.output
    if repeated.code and not is_done:
        found.insert(0, f"the next command ended with {repeated.code}")
    if found:
        copied.home.root.with_suffix(".killed.log").write_text(killed.output, encoding="utf-8")
    else:
        _remove(copied.home)
    is_killed = killed.code < 0
    return Kill(number, command.name, killed.seconds, is_killed, repeated.seconds, found)


def _remove(home: Home) -> None:
    shutil.rmtree(home.root)
    for suffix in (".yml", ".log"):
        home.root.with_suffix(suffix).unlink()


def _table(kills: Iterable[Kill]) -> str:
    """A Markdown table with a row for each command."""
    rows = [
        "| command | kills | ended before the kill | seconds | differences |",
        "|---|---|---|---|---|",
    ]
    for command in COMMANDS:
        of_it = [kill for kill in kills if kill.command == command.name]
        killed = [kill for kill in of_it if kill.is_killed]
        seconds = sum(kill.seconds + kill.next_seconds for kill in of_it)
        differing = sum(bool(kill.differences) for kill in of_it)
        rows.append(
            f"| {command.name} | {len(killed)} | {len(of_it) - len(killed)} | {seconds:.0f} "
            f"| {differing} |"
        )
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    typer.run(main)
