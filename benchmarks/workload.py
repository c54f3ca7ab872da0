"""Input files: the demo company at a given size, generated once and kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from demo.generator import generate

SEED = 7
# The day of the history, which is built first, and the day of the drop after it.
FIRST_DAY = date(2026, 6, 16)
NEXT_DAY = date(2026, 6, 17)


@dataclass(frozen=True)
class Workload:
    """A company of so many people; `rows` are those of all files of both days."""

    people: int
    landing: Path
    rows: int


def prepare(people: int, folder: Path) -> Workload:
    """The files of a company below `folder`, generated if they are not there already."""
    root = folder / f"{people}_people"
    note = root / "workload.json"
    wanted = {"people": people, "seed": SEED}
    if note.exists():
        known = json.loads(note.read_text(encoding="utf-8"))
        if known.items() >= wanted.items():
            return Workload(people, root / "landing", known["rows"])
    report = generate(
        root / "landing", root / "demo_truth", people=people, seed=SEED, daily_drops=14
    )
    if report.drops[:2] != (FIRST_DAY, NEXT_DAY):
        raise RuntimeError(f"the demo's drops begin on {report.drops[0]}, expected {FIRST_DAY}")
    note.write_text(json.dumps({**wanted, "rows": report.total_rows}), encoding="utf-8")
    return Workload(people, root / "landing", report.total_rows)
