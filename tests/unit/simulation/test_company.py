"""The company's drops arrive step by step, and decisions change no drop that has arrived."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from demo.generator import NO_DECISIONS
from simulation.company import Company
from tests.unit.simulation.conftest import COMPANY

FIRST, SECOND = COMPANY.decision_days


def contents(landing: Path) -> dict[str, bytes]:
    return {
        file.relative_to(landing).as_posix(): file.read_bytes()
        for file in landing.rglob("*")
        if file.is_file()
    }


@pytest.fixture(scope="module")
def first_drops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("company") / "landing"
    COMPANY.deliver(landing, NO_DECISIONS, FIRST)
    return landing


def test_a_year_of_fortnights_has_26_decision_days_and_ends_with_the_last_outcomes() -> None:
    company = Company(days=364, every=14)
    assert len(company.decision_days) == 26
    assert company.last_date >= company.decision_days[-1] + timedelta(1 + 90)
    assert (company.start - company.first_date).days == 729


def test_the_first_decision_day_receives_the_history_alone(first_drops: Path) -> None:
    drops = {name.rpartition("_")[2].partition(".")[0] for name in contents(first_drops)}
    assert drops == {FIRST.isoformat()}


def test_later_days_add_their_drops_and_change_none_that_arrived(first_drops: Path) -> None:
    before = contents(first_drops)
    decisions = pa.table(
        [
            pa.array(range(1, 101), pa.int64()),
            pa.array([FIRST + timedelta(1)] * 100, pa.date32()),
            pa.array(["service_call"] * 100),
            pa.array([f"D{person}" for person in range(1, 101)]),
            pa.array(["treatment"] * 100),
        ],
        schema=NO_DECISIONS.schema,
    )
    COMPANY.deliver(first_drops, decisions, SECOND)
    after = contents(first_drops)
    assert {name: after[name] for name in before} == before
    drops = {
        date.fromisoformat(name.rpartition("_")[2].partition(".")[0])
        for name in set(after) - set(before)
    }
    assert drops == {FIRST + timedelta(day) for day in range(1, 15)}
    touches = after[f"crm/touches/touches_{FIRST + timedelta(1)}.csv"].decode()
    assert touches.count(";service_call;") > 80


def test_a_world_is_complete_or_absent_and_is_written_once(untouched: Path) -> None:
    assert (untouched / "demo_truth" / "records.parquet").exists()
    before = (untouched / "demo_truth").stat().st_mtime_ns
    COMPANY.write_world(untouched, NO_DECISIONS)
    assert (untouched / "demo_truth").stat().st_mtime_ns == before
    assert not untouched.with_name("untouched.unfinished").exists()
