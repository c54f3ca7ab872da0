"""`python -m benchmarks.growth`: size of a home by day, compared with the data delivered to it.

A demo company delivers a drop a day. Days are run one by one as a deployment runs them, trainings
included, or `--together` so many: all but the last as one backfill, and the last as a day of its
own, whose time is taken. Rows by customer are then those of daily runs. Decisions, briefs and
Dagster's events are not, because a run makes them once, and only the first day trains a model.
A measurement that was stopped continues in its folder.
"""

from __future__ import annotations

import csv
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
import yaml
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pydantic import TypeAdapter

from benchmarks.measure import Usage, measure
from benchmarks.sides import CONFIG, HOLDFAST, PROJECT
from demo.generator import generate
from deployment.home import Home

SEED = 7
FIRST_DAY = date(2024, 7, 1)
# A training with the demo's settings needs 300 days; the others make room for one more date.
HISTORY_DAYS = 365
_MB = 1e6


@dataclass(frozen=True)
class Size:
    """State of a home after a day; sizes in bytes.

    Attributes:
        day: the day.
        days: number of days that were run.
        delivered_rows: rows of all deliveries so far.
        warehouse: blocks of the working file that are in use.
        warehouse_file: the working file, with free blocks.
        published: the published file.
        models: models and their database.
        dagster: Dagster's databases.
        cpu_seconds: CPU time of the run of the day.
        wall_seconds: its time.
        other_cores: mean number of cores that other processes kept busy meanwhile.
    """

    day: date
    days: int
    delivered_rows: int
    warehouse: int
    warehouse_file: int
    published: int
    models: int
    dagster: int
    cpu_seconds: float
    wall_seconds: float
    other_cores: float


@dataclass(frozen=True)
class GrowingHome:
    """A home, its configuration, and the deliveries that are still to come."""

    folder: Path
    first: date
    last: date

    @property
    def home(self) -> Home:
        """The deployment's home."""
        return Home(self.folder / "home")

    @property
    def config(self) -> Path:
        """The demo's configuration with the company's dates."""
        return self.folder / "config.yml"

    def begin(self, people: int, past_days: int | None) -> None:
        """Generate the company and its configuration, in an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        generate(
            self.folder / "deliveries",
            self.folder / "demo_truth",
            people=people,
            seed=SEED,
            first_date=self.first - timedelta(HISTORY_DAYS),
            last_date=self.last,
            daily_drops=(self.last - self.first).days,
        )
        content: dict[str, Any] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
        content["first_date"] = self.first - timedelta(HISTORY_DAYS)
        content["last_date"] = self.last
        content["training"] |= {"tuning_trials": 0, "earlier_origins": 0}
        content["drift"] |= {"on_shift": "warn"}
        content["keep"] = {"past_days": past_days}
        self.config.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    def run(self, days: Sequence[date]) -> Usage:
        """Deliver the drops of some days and run them; return the usage of the last day's run."""
        self._deliver(days[-1])
        first, last = days[0].isoformat(), days[-1].isoformat()
        if len(days) == 1:
            return self._command("run", "--date", last)
        self._command("backfill", "--from", first, "--to", days[-2].isoformat())
        return self._command("run", "--date", last, "--no-retrain")

    def size(self, day: date, usage: Usage) -> Size:
        """The home's state after a day."""
        with duckdb.connect(str(self.home.warehouse), read_only=True) as con:
            ((used, block),) = con.execute(
                "select used_blocks, block_size from pragma_database_size()"
            ).fetchall()
            ((rows,),) = con.execute("select sum(rows) from ops.load_ledger").fetchall()
        return Size(
            day=day,
            days=(day - self.first).days + 1,
            delivered_rows=int(rows),
            warehouse=used * block,
            warehouse_file=self.home.warehouse.stat().st_size,
            published=self.home.published.stat().st_size,
            models=_size_of(self.home.mlflow_database.parent),
            dagster=_size_of(self.home.dagster_home),
            cpu_seconds=round(usage.cpu_seconds, 1),
            wall_seconds=round(usage.wall_seconds, 1),
            other_cores=round(usage.other_cores, 1),
        )

    def _deliver(self, day: date) -> None:
        deliveries = self.folder / "deliveries"
        for file in list(deliveries.rglob(f"*_{'[0-9]' * 4}-*")):
            if date.fromisoformat(file.stem.rpartition("_")[2]) <= day:
                target = self.home.landing / file.relative_to(deliveries)
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)

    def _command(self, *arguments: str) -> Usage:
        return measure(
            [sys.executable, "-c", HOLDFAST, *arguments],
            {
                **os.environ,
                "HOLDFAST_HOME": str(self.home.root),
                "HOLDFAST_CONFIG": str(self.config),
                "PYTHONPATH": str(PROJECT),
            },
            folder=PROJECT,
            log=self.folder / "last_run.log",
        )


def main(
    people: Annotated[int, typer.Option(help="People of the company.")] = 300,
    days: Annotated[int, typer.Option(help="Days that are run.")] = 730,
    together: Annotated[int, typer.Option(help="Days in one run; 1 for daily runs.")] = 61,
    past_days: Annotated[int, typer.Option(help="keep.past_days; 0 keeps all days.")] = 365,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the company, sizes.csv and growth.svg.")
    ] = None,
) -> None:
    """Run the days, and write the sizes after each run as a table and a picture."""
    out = out or Home.from_env().root / "growth"
    growing = GrowingHome(out, FIRST_DAY, FIRST_DAY + timedelta(days - 1))
    sizes = _read(out / "sizes.csv")
    if not sizes:
        growing.begin(people, past_days or None)
    for stretch in stretches(FIRST_DAY, len(sizes) and sizes[-1].days, days, together):
        sizes.append(growing.size(stretch[-1], growing.run(stretch)))
        _write(sizes, out / "sizes.csv")
        typer.echo(f"{sizes[-1]}", err=True)
    draw(sizes, out / "growth.svg")


def stretches(first: date, done: int, days: int, together: int) -> Iterator[list[date]]:
    """The days of each run that is left; the first day is a run of its own, which trains a model.

    Args:
        first: the first day.
        done: number of days that were run.
        days: number of days to run.
        together: number of days in a run.
    """
    if done == 0:
        yield [first]
    for start in range(max(done, 1), days, together):
        yield [first + timedelta(number) for number in range(start, min(start + together, days))]


def draw(sizes: Sequence[Size], path: Path) -> None:
    """Draw the sizes by day beside the delivered rows, and the time of one more day."""
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    sizes_axes, time_axes = figure.subplots(1, 2)
    days = [size.days for size in sizes]
    for label, name, style in (
        ("warehouse, in use", "warehouse", "-"),
        ("warehouse, file", "warehouse_file", "--"),
        ("published file", "published", "-"),
    ):
        megabytes = [getattr(size, name) / _MB for size in sizes]
        sizes_axes.plot(days, megabytes, style, label=label)
    rows_axes = sizes_axes.twinx()
    rows_axes.plot(days, [size.delivered_rows for size in sizes], ":", color="black")
    rows_axes.set_ylabel("delivered rows (dotted)")
    sizes_axes.set_ylabel("MB")
    time_axes.plot(days[1:], [size.cpu_seconds for size in sizes[1:]], "o-")
    time_axes.set_ylabel("CPU seconds of one more day")
    for axes in (sizes_axes, rows_axes, time_axes):
        axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
        axes.set_xlabel("days that were run")
    sizes_axes.legend(loc=(0.4, 0.3), frameon=False)  # between the two files
    figure.savefig(path, format="svg", metadata={"Date": None})


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _read(path: Path) -> list[Size]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return TypeAdapter(list[Size]).validate_python(list(csv.DictReader(file)))


def _write(sizes: Sequence[Size], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Size)])
        table.writeheader()
        table.writerows(asdict(size) for size in sizes)


if __name__ == "__main__":
    typer.run(main)
