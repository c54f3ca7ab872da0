"""Seconds and memory of both sides, their ratios, and the limits on start-up and training.

The ratios have no limit: the reference does the core of the work and Holdfast all of it. They are
for comparison over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benchmarks.measure import Usage
from benchmarks.training import TrainingComparison

Phase = Literal["full build", "one more day"]
PHASES: tuple[Phase, Phase] = ("full build", "one more day")

MAX_FIXED_SECONDS = 20.0
MAX_TRAINING_RATIO = 1.3
# The scale at which the bars must hold.
JUDGED_PEOPLE = 100_000


@dataclass(frozen=True)
class Figures:
    """One side's runs of a phase, summed up: medians, and the largest of peaks and disturbances."""

    runs: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    other_cores: float

    @classmethod
    def of(cls, usages: list[Usage]) -> Figures:
        """Sum up one or more runs."""
        return cls(
            runs=len(usages),
            wall_seconds=median(usage.wall_seconds for usage in usages),
            cpu_seconds=median(usage.cpu_seconds for usage in usages),
            peak_bytes=max(usage.peak_bytes for usage in usages),
            other_cores=max(usage.other_cores for usage in usages),
        )


@dataclass(frozen=True)
class Comparison:
    """Both sides in one phase at one scale; `fixed` is Holdfast's start-up in that phase."""

    people: int
    rows: int
    phase: Phase
    holdfast: Figures
    reference: Figures
    fixed_wall_seconds: float
    fixed_cpu_seconds: float

    @property
    def time_ratio(self) -> float:
        """Seconds of Holdfast for each of the reference."""
        return self.holdfast.wall_seconds / self.reference.wall_seconds

    @property
    def time_ratio_without_fixed(self) -> float:
        """The same beyond the fixed start-up, of which no more than the bar allows is left out."""
        left_out = min(self.fixed_wall_seconds, MAX_FIXED_SECONDS)
        return (self.holdfast.wall_seconds - left_out) / self.reference.wall_seconds

    @property
    def cpu_ratio_without_fixed(self) -> float:
        """The same in CPU seconds, which other work on the machine disturbs less."""
        left_out = min(self.fixed_cpu_seconds, MAX_FIXED_SECONDS)
        return (self.holdfast.cpu_seconds - left_out) / self.reference.cpu_seconds

    @property
    def memory_ratio(self) -> float:
        """Peak memory of Holdfast for each byte of the reference's."""
        return self.holdfast.peak_bytes / self.reference.peak_bytes


@dataclass(frozen=True)
class Bar:
    """A requirement, what was found, and whether it holds."""

    what: str
    found: float
    limit: float

    @property
    def holds(self) -> bool:
        """True if the figure is within the limit."""
        return self.found <= self.limit


def judged_scale(scales: Sequence[int]) -> int:
    """The largest of the scales up to 100,000 people, or the smallest there is."""
    return max((one for one in scales if one <= JUDGED_PEOPLE), default=min(scales))


def bars(comparisons: list[Comparison], training: TrainingComparison) -> list[Bar]:
    """The requirements, judged at one scale."""
    judged = []
    for one in comparisons:
        if one.people != training.people:
            continue
        judged.append(
            Bar(f"fixed start-up, s, {one.phase}", one.fixed_wall_seconds, MAX_FIXED_SECONDS)
        )
    where = f"{training.train_rows:,} rows"
    judged.append(Bar(f"training ÷ XGBoost alone, {where}", training.ratio, MAX_TRAINING_RATIO))
    return judged
