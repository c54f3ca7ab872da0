"""Both programs that are compared, each as commands that build a first day and the next."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Protocol

from benchmarks.measure import Usage, measure
from benchmarks.workload import FIRST_DAY, NEXT_DAY, Workload
from orchestration.runtime.instance import THREADS

PROJECT = Path(__file__).parent.parent
CONFIG = PROJECT / "config" / "demo.yml"
# Of the whole process: what a laptop can spare for a million people.
MEMORY = "8GB"
HOLDFAST = "from cli.commands import app; app()"


class Side(Protocol):
    """A program that is measured."""

    name: str

    def command(self, workload: Workload, state: Path, day: date) -> list[str]:
        """Return the command that runs a day."""
        ...

    def environment(self, state: Path) -> dict[str, str]:
        """Return variables that the command needs beside this process's own."""
        ...

    def begin(self, workload: Workload, state: Path) -> None:
        """Prepare an empty state."""
        ...


class Holdfast:
    """`holdfast run` in an empty home, whose landing folder is the workload's, with `MEMORY`."""

    name = "holdfast"

    def command(self, workload: Workload, state: Path, day: date) -> list[str]:
        """The command line, by its module: it need not be installed."""
        return [sys.executable, "-c", HOLDFAST, "run", "--date", day.isoformat()]

    def environment(self, state: Path) -> dict[str, str]:
        """The home and its configuration."""
        return {"HOLDFAST_HOME": str(state), "HOLDFAST_CONFIG": str(_config(state))}

    def begin(self, workload: Workload, state: Path) -> None:
        """Make the home, with a link to the files and the demo's configuration."""
        state.mkdir(parents=True)
        (state / "landing").symlink_to(workload.landing, target_is_directory=True)
        limited = f"{CONFIG.read_text(encoding='utf-8')}\nengine: {{memory: {MEMORY}}}\n"
        _config(state).write_text(limited, encoding="utf-8")


def _config(state: Path) -> Path:
    return state / "holdfast.yml"


class Reference:
    """The program of `reference.py`."""

    name = "reference"

    def command(self, workload: Workload, state: Path, day: date) -> list[str]:
        """One process, as Holdfast is."""
        arguments = [str(workload.landing), str(state), day.isoformat()]
        return [sys.executable, "-m", "benchmarks.reference", *arguments]

    def environment(self, state: Path) -> dict[str, str]:
        """The thread settings that Holdfast uses."""
        return dict(THREADS)

    def begin(self, workload: Workload, state: Path) -> None:
        """Nothing: the program makes its folder."""


def run_both_days(side: Side, workload: Workload, state: Path) -> tuple[Usage, Usage]:
    """The first build in an empty state, training included, and the day after it.

    Raises:
        BenchmarkError: one of them failed.
    """
    shutil.rmtree(state, ignore_errors=True)
    side.begin(workload, state)
    environment = {
        **os.environ,
        **side.environment(state),
        "PYTHONPATH": str(PROJECT),
    }
    first, following = (
        measure(
            side.command(workload, state, day),
            environment,
            folder=PROJECT,
            log=state.with_name(f"{state.name}_{day}.log"),
        )
        for day in (FIRST_DAY, NEXT_DAY)
    )
    return first, following
