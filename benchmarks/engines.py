"""`python -m benchmarks.engines`: CPU of the models that Spark may build, by Spark and by DuckDB.

The models are built anew in copies of the homes that `python -m benchmarks` has left. Spark runs
within one process of Java with as many threads as DuckDB (`local[2]`), so its CPU seconds are those
of driver and executors; a cluster adds the network. The difference of two scales is without what
each engine needs for any rows: starting, planning and compiling.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import duckdb
import typer

from benchmarks.measure import BenchmarkError
from benchmarks.sides import CONFIG, MEMORY, PROJECT
from deployment.config_file import load_config
from deployment.engine.limits import Engine
from deployment.engine.spark import Spark
from deployment.home import Home
from orchestration.resources import build_resources
from orchestration.runtime.dbt import Dbt
from orchestration.runtime.instance import environment

Kind = Literal["duckdb", "spark"]
THREADS = 2
_JAVA_MEMORY = "4g"


@dataclass(frozen=True)
class Built:
    """CPU seconds of a build, those of Java among them, and the rows of its tables."""

    cpu_seconds: float
    java_seconds: float
    rows: int


def main(
    customers: Annotated[
        list[int] | None, typer.Option(help="A scale whose home is there; repeat it for several.")
    ] = None,
) -> None:
    """Measure, and print a table for docs/spark.md."""
    folder = Home.from_env().root / "benchmarks"
    found = {
        people: (_measured(folder, people, "duckdb"), _measured(folder, people, "spark"))
        for people in customers or [10_000, 100_000]
    }
    typer.echo("| people | rows built | DuckDB, CPU s | Spark, CPU s | of it Java |")
    typer.echo("|--:|--:|--:|--:|--:|")
    for people, (own, other) in found.items():
        typer.echo(
            f"| {people:,} | {other.rows:,} | {own.cpu_seconds:.1f} | {other.cpu_seconds:.1f}"
            f" | {other.java_seconds:.1f} |"
        )
    for (fewer, before), (more, after) in pairwise(found.items()):
        added, by_spark = (
            late.cpu_seconds - early.cpu_seconds for early, late in zip(before, after, strict=True)
        )
        typer.echo(
            f"\nFrom {fewer:,} to {more:,} people Spark needs {by_spark / added:.1f} × the CPU."
        )


def _measured(folder: Path, people: int, kind: Kind) -> Built:
    """A build in a copy of a home, by a process of its own.

    Raises:
        BenchmarkError: the scale has no home, or the build failed.
    """
    home = folder / f"{people}_holdfast"
    if not (home / "warehouse.duckdb").exists():
        raise BenchmarkError(f"{home} is missing: run `python -m benchmarks --customers {people}`")
    copied = folder / f"{people}_engines"
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(home, copied, symlinks=True)
    program = f"from benchmarks.engines import build; build({str(copied)!r}, {kind!r})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment(Home(copied), CONFIG)},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    shutil.rmtree(copied)
    if done.returncode != 0:
        raise BenchmarkError(f"the build of {people:,} people by {kind} ended with an error")
    built = Built(**json.loads(done.stdout.splitlines()[-1]))
    typer.echo(f"{people:,} people, {kind}: {built}", err=True)
    return built


def build(root: str, kind: Kind) -> None:
    """Build the models in a home, and print their `Built` as JSON."""
    home = Home(Path(root))
    master = Spark(master=f"local[{THREADS}]", options={"spark.driver.memory": _JAVA_MEMORY})
    engine = Engine(memory=MEMORY, threads=THREADS, kind=kind, spark=master)
    config = load_config(CONFIG).model_copy(update={"engine": engine})
    dbt = build_resources(config, home)["dbt"]
    assert isinstance(dbt, Dbt)
    nodes = dbt.manifest()["nodes"].values()
    names = [str(node["name"]) for node in nodes if "linear_in" in node["config"]["meta"]]
    before = time.process_time()
    dbt.command("run", "--full-refresh", "--select", *sorted(names))
    java = _java_seconds() if kind == "spark" else 0.0
    cpu = time.process_time() - before + java
    typer.echo(json.dumps(asdict(Built(cpu, java, _rows(home, names)))))


def _java_seconds() -> float:
    """CPU seconds of the process of Java, a child that stays until this process ends (proc(5))."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    ticks = 0
    for child in children:
        stat = Path(f"/proc/{child}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def _rows(home: Home, names: list[str]) -> int:
    tables = " union all ".join(f"select 1 from intermediate.{name}" for name in names)
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        [(rows,)] = con.execute(f"select count(*) from ({tables})").fetchall()
    return int(rows)


if __name__ == "__main__":
    typer.run(main)
