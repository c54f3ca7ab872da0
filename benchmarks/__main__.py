"""`python -m benchmarks`: Holdfast compared with a hand-written reference, at several scales."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import report
from benchmarks.comparison import PHASES, Comparison, Figures, judged_scale
from benchmarks.measure import Usage
from benchmarks.sides import Holdfast, Reference, Side, run_both_days
from benchmarks.steps import RunSteps, runs_of
from benchmarks.training import TrainingComparison, compare_training
from benchmarks.workload import Workload, prepare
from deployment.home import Home

RESULTS = Path(__file__).parent
# Enough people for a model to be trained on, and no more: what is left is start-up.
SMALLEST = 200
_HOLDFAST, _REFERENCE = Holdfast(), Reference()

Measured = dict[tuple[str, str], list[Usage]]


def main(
    customers: Annotated[
        list[int] | None, typer.Option(help="A scale; repeat it for several.")
    ] = None,
    million: Annotated[bool, typer.Option("--million", help="Also a million customers.")] = False,
    repeats: Annotated[int, typer.Option(help="Runs of each side at each scale.")] = 1,
    start_up_runs: Annotated[int, typer.Option(help="Runs of each side at 200 customers.")] = 3,
    out: Annotated[Path, typer.Option(help="Where RESULTS.md and results.json go.")] = RESULTS,
) -> None:
    """Measure, print, and write RESULTS.md and results.json."""
    scales = [*(customers or [10_000, 100_000]), *([1_000_000] if million else [])]
    folder = Home.from_env().root / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    small = _measured(prepare(SMALLEST, folder), folder, start_up_runs)
    comparisons: list[Comparison] = []
    steps: dict[int, list[RunSteps]] = {}
    training: TrainingComparison | None = None
    for people in scales:
        workload = prepare(people, folder)
        comparisons += _compared(workload, _measured(workload, folder, repeats), small)
        steps[people] = runs_of(_state(folder, workload, _HOLDFAST) / "dagster")
        if people == judged_scale(scales):
            training = compare_training(people, Home(_state(folder, workload, _HOLDFAST)).warehouse)
        if training is not None:
            # After each scale: a larger one may fail after an hour.
            found = (datetime.now(UTC).date(), comparisons, training, steps)
            report.write(out, report.as_markdown(*found), report.as_json(*found))
    typer.echo((out / "RESULTS.md").read_text(encoding="utf-8"))


def _measured(workload: Workload, folder: Path, repeats: int) -> Measured:
    """Usages by (side, phase), the sides taking turns in going first."""
    measured: Measured = {}
    for turn in range(repeats):
        sides: list[Side] = [_HOLDFAST, _REFERENCE] if turn % 2 == 0 else [_REFERENCE, _HOLDFAST]
        for side in sides:
            usages = run_both_days(side, workload, _state(folder, workload, side))
            for phase, usage in zip(PHASES, usages, strict=True):
                measured.setdefault((side.name, phase), []).append(usage)
                typer.echo(
                    f"{workload.people:>9,} people  {side.name:<8}  {phase:<12} "
                    f"{usage.wall_seconds:8.1f} s {usage.cpu_seconds:8.1f} s CPU "
                    f"{usage.peak_bytes / 1e9:6.2f} GB",
                    err=True,
                )
    return measured


def _compared(workload: Workload, measured: Measured, small: Measured) -> Iterator[Comparison]:
    for phase in PHASES:
        tiny, tiny_reference = (
            Figures.of(small[side.name, phase]) for side in (_HOLDFAST, _REFERENCE)
        )
        yield Comparison(
            people=workload.people,
            rows=workload.rows,
            phase=phase,
            holdfast=Figures.of(measured[_HOLDFAST.name, phase]),
            reference=Figures.of(measured[_REFERENCE.name, phase]),
            fixed_wall_seconds=tiny.wall_seconds - tiny_reference.wall_seconds,
            fixed_cpu_seconds=tiny.cpu_seconds - tiny_reference.cpu_seconds,
        )


def _state(folder: Path, workload: Workload, side: Side) -> Path:
    return folder / f"{workload.people}_{side.name}"


if __name__ == "__main__":
    typer.run(main)
