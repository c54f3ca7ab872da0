"""Seconds and memory of both sides, their ratios and their growth, and the limits on Holdfast's.

The ratios have no limit: the reference does the core of the work and Holdfast all of it. They are
for comparison over time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from benchmarks.measure import Usage
from benchmarks.training import TrainingComparison

Phase = Literal["full build", "one more day"]
PHASES: tuple[Phase, Phase] = ("full build", "one more day")

MAX_FIXED_SECONDS = 20.0
MAX_TRAINING_RATIO = 1.3
# Wall seconds on two cores that nothing else uses, by scale and phase.
MAX_SECONDS: dict[tuple[int, Phase], float] = {
    (100_000, "full build"): 200.0,
    (100_000, "one more day"): 30.0,
    (1_000_000, "full build"): 1_800.0,
    (1_000_000, "one more day"): 240.0,
}
# What a laptop with 16 GB has left.
MAX_GIGABYTES = 8.0
# Of the time without the start-up: 1 is growth in proportion to the people.
MAX_EXPONENT = 1.0
# The scale at which a training is compared.
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
    def seconds_without_fixed(self) -> float:
        """Holdfast's wall seconds without the start-up, of which no more than the bar is taken."""
        return self.holdfast.wall_seconds - min(self.fixed_wall_seconds, MAX_FIXED_SECONDS)

    @property
    def cpu_seconds_without_fixed(self) -> float:
        """The same in CPU seconds."""
        return self.holdfast.cpu_seconds - min(self.fixed_cpu_seconds, MAX_FIXED_SECONDS)

    @property
    def time_ratio(self) -> float:
        """Seconds of Holdfast for each of the reference."""
        return self.holdfast.wall_seconds / self.reference.wall_seconds

    @property
    def time_ratio_without_fixed(self) -> float:
        """The same beyond the fixed start-up."""
        return self.seconds_without_fixed / self.reference.wall_seconds

    @property
    def cpu_ratio_without_fixed(self) -> float:
        """The same in CPU seconds, which other work on the machine disturbs less."""
        return self.cpu_seconds_without_fixed / self.reference.cpu_seconds

    @property
    def memory_ratio(self) -> float:
        """Peak memory of Holdfast for each byte of the reference's."""
        return self.holdfast.peak_bytes / self.reference.peak_bytes


@dataclass(frozen=True)
class Growth:
    """Exponents of a phase's growth between two scales: n times the people take n**e times as much.

    Attributes:
        phase: the phase.
        people: the smaller scale.
        more_people: the larger scale.
        seconds: of Holdfast's wall seconds without the fixed start-up.
        cpu_seconds: of its CPU seconds without the fixed start-up.
        reference_seconds: of the reference's wall seconds.
        memory: of Holdfast's peak memory.
    """

    phase: Phase
    people: int
    more_people: int
    seconds: float
    cpu_seconds: float
    reference_seconds: float
    memory: float

    @classmethod
    def between(cls, small: Comparison, large: Comparison) -> Growth:
        """The growth from one scale to a larger one."""
        times = math.log(large.people / small.people)

        def exponent(before: float, after: float) -> float:
            return math.log(after / before) / times

        return cls(
            phase=small.phase,
            people=small.people,
            more_people=large.people,
            seconds=exponent(small.seconds_without_fixed, large.seconds_without_fixed),
            cpu_seconds=exponent(small.cpu_seconds_without_fixed, large.cpu_seconds_without_fixed),
            reference_seconds=exponent(small.reference.wall_seconds, large.reference.wall_seconds),
            memory=exponent(small.holdfast.peak_bytes, large.holdfast.peak_bytes),
        )


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


def growth_of(comparisons: Sequence[Comparison]) -> list[Growth]:
    """The growth of each phase from each scale to the next larger one."""
    return [
        Growth.between(small, large)
        for phase in PHASES
        for small, large in pairwise(
            sorted((one for one in comparisons if one.phase == phase), key=lambda one: one.people)
        )
    ]


def bars(comparisons: Sequence[Comparison], training: TrainingComparison) -> list[Bar]:
    """The requirements that the measured scales can show."""
    return [
        *_bars_of_scales(comparisons),
        *(
            Bar(
                f"growth exponent, {one.phase}, {one.people:,} to {one.more_people:,}",
                one.seconds,
                MAX_EXPONENT,
            )
            for one in growth_of(comparisons)
            if one.people >= JUDGED_PEOPLE
        ),
        *(
            Bar(f"fixed start-up, s, {one.phase}", one.fixed_wall_seconds, MAX_FIXED_SECONDS)
            for one in comparisons
            if one.people == training.people
        ),
        Bar(
            f"training ÷ XGBoost alone, {training.train_rows:,} rows",
            training.ratio,
            MAX_TRAINING_RATIO,
        ),
    ]


def _bars_of_scales(comparisons: Sequence[Comparison]) -> Iterator[Bar]:
    for one in comparisons:
        if (one.people, one.phase) not in MAX_SECONDS:
            continue
        what, limit = f"{one.phase}, {one.people:,} people", MAX_SECONDS[one.people, one.phase]
        yield Bar(f"s, {what}", one.holdfast.wall_seconds, limit)
        yield Bar(f"peak memory, GB, {what}", one.holdfast.peak_bytes / 1e9, MAX_GIGABYTES)
