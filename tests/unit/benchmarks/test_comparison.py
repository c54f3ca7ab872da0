"""Growth exponents and requirements of the benchmark, on given figures."""

from __future__ import annotations

import pytest

from benchmarks.comparison import Comparison, Figures, Phase, bars, growth_of
from benchmarks.training import TrainingComparison

TRAINING = TrainingComparison(
    people=100_000,
    dates=13,
    train_rows=500_000,
    stopping_rows=100_000,
    holdfast_seconds=60.0,
    xgboost_seconds=50.0,
)


def comparison(people: int, phase: Phase, seconds: float, gigabytes: float) -> Comparison:
    """A comparison with 10 s of start-up, and a reference that takes a fifth of the rest."""
    return Comparison(
        people=people,
        rows=115 * people,
        phase=phase,
        holdfast=Figures(1, seconds, 2 * seconds, int(gigabytes * 1e9), 0.0),
        reference=Figures(1, (seconds - 10) / 5, (seconds - 10) / 5, 10**9, 0.0),
        fixed_wall_seconds=10.0,
        fixed_cpu_seconds=12.0,
    )


def test_the_growth_is_that_of_the_time_without_start_up_from_each_scale_to_the_next() -> None:
    found = growth_of(
        [
            comparison(1_000_000, "full build", 10 + 2_000, 4.0),
            comparison(100_000, "full build", 10 + 100, 2.0),
            comparison(10_000, "full build", 10 + 10, 1.0),
            comparison(10_000, "one more day", 20, 1.0),
        ]
    )
    assert [(one.phase, one.people, one.more_people) for one in found] == [
        ("full build", 10_000, 100_000),
        ("full build", 100_000, 1_000_000),
    ]
    assert [one.seconds for one in found] == pytest.approx([1.0, 1.30103])
    assert [one.reference_seconds for one in found] == pytest.approx([1.0, 1.30103])
    assert [one.memory for one in found] == pytest.approx([0.30103, 0.30103])
    assert found[0].cpu_seconds == pytest.approx(0.8709, abs=1e-4)


def test_a_requirement_is_judged_at_the_scale_that_it_is_made_for() -> None:
    judged = bars(
        [
            comparison(10_000, "one more day", 29.0, 9.0),
            comparison(100_000, "one more day", 31.0, 1.0),
            comparison(1_000_000, "one more day", 220.0, 8.5),
        ],
        TRAINING,
    )
    assert {bar.what: bar.holds for bar in judged} == {
        "s, one more day, 100,000 people": False,
        "peak memory, GB, one more day, 100,000 people": True,
        "s, one more day, 1,000,000 people": True,
        "peak memory, GB, one more day, 1,000,000 people": False,
        "growth exponent, one more day, 100,000 to 1,000,000": True,
        "fixed start-up, s, one more day": True,
        "training ÷ XGBoost alone, 500,000 rows": True,
    }
