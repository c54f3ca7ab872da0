"""Report of the results, as a page and as data; the machine is described by cores and memory."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.comparison import Comparison, Growth, bars, growth_of
from benchmarks.sides import MEMORY
from benchmarks.steps import RunSteps
from benchmarks.training import TrainingComparison

_PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "mlflow", "xgboost-cpu")
_GIB = 1024**3


def machine() -> dict[str, str | int | float]:
    """Cores, memory and versions: what a reader needs to place the figures, and no names."""
    return {
        "cores": os.cpu_count() or 0,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB, 1),
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def as_json(
    measured_on: date,
    comparisons: list[Comparison],
    training: TrainingComparison,
    steps: dict[int, list[RunSteps]],
) -> str:
    """Everything that was found, for a program."""
    return json.dumps(
        {
            "measured_on": measured_on.isoformat(),
            "machine": machine(),
            "comparisons": [
                {
                    **asdict(one),
                    "time_ratio": one.time_ratio,
                    "time_ratio_without_fixed": one.time_ratio_without_fixed,
                    "cpu_ratio_without_fixed": one.cpu_ratio_without_fixed,
                    "memory_ratio": one.memory_ratio,
                }
                for one in comparisons
            ],
            "growth": [asdict(one) for one in growth_of(comparisons)],
            "training": {**asdict(training), "ratio": training.ratio},
            "bars": [{**asdict(bar), "holds": bar.holds} for bar in bars(comparisons, training)],
            "steps": {str(people): [asdict(run) for run in runs] for people, runs in steps.items()},
        },
        indent=1,
    )


def as_markdown(
    measured_on: date,
    comparisons: list[Comparison],
    training: TrainingComparison,
    steps: dict[int, list[RunSteps]],
) -> str:
    """The results as a Markdown page."""
    described = machine()
    versions = ", ".join(f"{name} {described[name]}" for name in ("python", *_PACKAGES))
    disturbed = max(max(one.holdfast.other_cores, one.reference.other_cores) for one in comparisons)
    lines = [
        "# What Holdfast costs beyond the same work done by hand",
        "",
        (
            f"Measured on {measured_on} by `python -m benchmarks`, on {described['cores']} cores "
            f"and {described['memory_gib']} GiB; {versions}."
        ),
        "",
        (
            f"Other work on the machine kept up to {disturbed:.1f} cores busy during a run. Above "
            "0.2, wall seconds measure that work too: read the CPU seconds then."
        ),
        "",
        (
            "Each run is one process, from its start to its end. The reference is "
            "`benchmarks/reference.py`: the core of the job in hand-written SQL and XGBoost, on "
            f"the same files. Holdfast has `engine.memory: {MEMORY}`. The fixed start-up is the "
            "difference of both at 200 people; `without` is Holdfast minus the fixed start-up, of "
            "which at most 20 s are subtracted."
        ),
        "",
        (
            "| people | rows | what | Holdfast s | reference s | ÷ | without ÷ | CPU s "
            "| reference CPU s | without ÷ | memory GB | reference GB | ÷ |"
        ),
        "|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(_row(one) for one in comparisons),
        "",
        *_growth(growth_of(comparisons)),
        (
            f"A training on {training.dates} dates of {training.people:,} people, "
            f"{training.train_rows:,} rows and {training.stopping_rows:,} to stop on, without the "
            f"search for better trees and the earlier holdouts: {training.holdfast_seconds:.1f} s; "
            f"XGBoost alone on the same rows: {training.xgboost_seconds:.1f} s; "
            f"÷ {training.ratio:.2f}."
        ),
        "",
        "| bar | found | at most | |",
        "|---|--:|--:|---|",
        *(
            f"| {bar.what} | {bar.found:.2f} | {bar.limit:g} | {'met' if bar.holds else 'missed'} |"
            for bar in bars(comparisons, training)
        ),
        "",
    ]
    for people, runs in steps.items():
        for run in runs:
            lines += _steps(people, run)
    return "\n".join(lines)


def _row(one: Comparison) -> str:
    cells = [
        f"{one.people:,}",
        f"{one.rows:,}",
        one.phase,
        f"{one.holdfast.wall_seconds:.1f}",
        f"{one.reference.wall_seconds:.1f}",
        f"{one.time_ratio:.2f}",
        f"{one.time_ratio_without_fixed:.2f}",
        f"{one.holdfast.cpu_seconds:.1f}",
        f"{one.reference.cpu_seconds:.1f}",
        f"{one.cpu_ratio_without_fixed:.2f}",
        f"{one.holdfast.peak_bytes / 1e9:.2f}",
        f"{one.reference.peak_bytes / 1e9:.2f}",
        f"{one.memory_ratio:.2f}",
    ]
    return "| " + " | ".join(cells) + " |"


def _growth(found: list[Growth]) -> list[str]:
    if not found:
        return []
    return [
        (
            "Growth exponents: n times the people take n to this power times as much. Seconds are "
            "those without the fixed start-up."
        ),
        "",
        "| what | people | s | CPU s | reference s | memory |",
        "|---|---|--:|--:|--:|--:|",
        *(
            f"| {one.phase} | {one.people:,} to {one.more_people:,} | {one.seconds:.2f} "
            f"| {one.cpu_seconds:.2f} | {one.reference_seconds:.2f} | {one.memory:.2f} |"
            for one in found
        ),
        "",
    ]


def _steps(people: int, run: RunSteps) -> list[str]:
    return [
        f"## Holdfast at {people:,} people, {run.job} of {run.date}: seconds by step",
        "",
        *(f"- {name}: {seconds:.1f}" for name, seconds in run.steps.items()),
        "",
        "The slowest tables and tests, of which two run at a time:",
        "",
        *(f"- {name}: {seconds:.1f}" for name, seconds in run.slowest.items()),
        "",
    ]


def write(folder: Path, page: str, data: str) -> None:
    """Put the last results in place of the ones before."""
    (folder / "RESULTS.md").write_text(page, encoding="utf-8")
    (folder / "results.json").write_text(data + "\n", encoding="utf-8")
