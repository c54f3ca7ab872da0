"""Simulated company: its calendar, the drops that the pipeline reads, and its world of orders."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from demo import generate
from demo.sql_files import HORIZON_DAYS

HISTORY_DAYS = 730
# Orders are settled and refunded until about 25 days after them.
SETTLING_DAYS = 30


@dataclass(frozen=True)
class Company:
    """Demo company with two years of history, and decisions every `every` days from `start` on.

    Decisions of a day are carried out on the next one. The company's data ends when the outcomes of
    the last decision are complete.
    """

    people: int = 1500
    seed: int = 7
    start: date = date(2026, 6, 30)
    days: int = 364
    every: int = 14

    @property
    def decision_days(self) -> tuple[date, ...]:
        """Days whose actions are decided, ascending."""
        return tuple(self.start + timedelta(day) for day in range(0, self.days, self.every))

    @property
    def first_date(self) -> date:
        """First day of the history."""
        return self.start - timedelta(HISTORY_DAYS - 1)

    @property
    def last_date(self) -> date:
        """Last day of the data."""
        return self.decision_days[-1] + timedelta(1 + HORIZON_DAYS + SETTLING_DAYS)

    def deliver(self, landing: Path, decisions: pa.Table, day: date) -> None:
        """Put the drops that arrive from the decision day before until `day` into a landing folder.

        Decisions change no drop up to their own day, so the company is generated again with all
        decisions so far and only the new drops are taken. The first decision day receives the
        history. Files of the same drops are replaced by the same bytes.

        Args:
            landing: the pipeline's landing folder.
            decisions: all touches so far, in the columns of `demo.generate`.
            day: a decision day.
        """
        before = self.start if day == self.start else day - timedelta(self.every)
        with TemporaryDirectory() as folder:
            self._generate(Path(folder), decisions, before, day)
            for file in (Path(folder) / "landing").rglob(f"*_{'[0-9]' * 4}-*"):
                drop = date.fromisoformat(file.stem.rpartition("_")[2])
                if drop > before or day == self.start:
                    target = landing / file.relative_to(Path(folder) / "landing")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(file, target)

    def write_world(self, folder: Path, decisions: pa.Table) -> None:
        """Write all exports of the whole period in one drop, and the truth, below a folder.

        The folder appears only when it is complete.
        """
        if folder.exists():
            return
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        self._generate(unfinished, decisions, self.last_date, self.last_date)
        unfinished.rename(folder)

    def _generate(self, folder: Path, decisions: pa.Table, history: date, until: date) -> None:
        generate(
            folder / "landing",
            folder / "demo_truth",
            people=self.people,
            seed=self.seed,
            first_date=self.first_date,
            last_date=self.last_date,
            daily_drops=(self.last_date - history).days,
            campaigns_until=self.start,
            decisions=decisions,
            drops_until=until,
        )
