"""The loop keeps each step on disk, and hands decisions to the company."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from demo.generator import NO_DECISIONS
from simulation.policies import CHOSEN
from simulation.run import (
    CATALOGUE,
    DEMO_CONFIG,
    HOLDFAST,
    Simulation,
    as_decisions,
    read_catalogue,
    rested_people,
)
from tests.unit.simulation.conftest import COMPANY

FIRST, SECOND = COMPANY.decision_days


def test_touches_of_done_days_are_read_from_disk_and_sent_on_the_next_day(tmp_path: Path) -> None:
    simulation = Simulation(COMPANY, 200.0, tmp_path, DEMO_CONFIG)
    assert len(simulation.touches(HOLDFAST)) == 0
    chosen = pa.table([[3], ["newsletter"], [0.05]], schema=CHOSEN)
    folder = tmp_path / "decisions" / HOLDFAST
    folder.mkdir(parents=True)
    pq.write_table(chosen, folder / f"{SECOND}.parquet")
    [touch] = simulation.touches(HOLDFAST).to_pylist()
    assert (touch["decided_on"], touch["sent_on"]) == (SECOND, SECOND + timedelta(1))
    [decision] = as_decisions(simulation.touches(HOLDFAST)).to_pylist()
    assert decision["arm"] == "treatment"
    assert as_decisions(simulation.touches(HOLDFAST)).schema == NO_DECISIONS.schema


def test_a_person_rests_for_90_days_between_two_touches() -> None:
    people = pa.chunked_array([pa.array([1, 2, 3])])
    sent = [FIRST - timedelta(89), FIRST - timedelta(88)]
    touches = pa.table({"person_id": [1, 2], "sent_on": pa.array(sent, pa.date32())})
    # Sent tomorrow, the touch of person 1 lies 90 days back, and that of person 2 lies 89.
    assert rested_people(people, touches, FIRST).to_pylist() == [1, 3]


def test_the_catalogue_is_the_pipelines_own() -> None:
    catalogue = read_catalogue(CATALOGUE)
    assert len(catalogue) == 7
    assert min(catalogue["capacity_a_day"].to_pylist()) > 0
