"""Two days of the demo company on a Spark cluster that loses a worker, compared with DuckDB's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import duckdb
import pytest
import yaml

from spark.engine.session import missing
from tests.integration.deployments import DEMO, GRAINS, HISTORY, Deployment
from tests.integration.spark.cluster import Cluster, cluster
from tests.spark_options import QUICK

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

# Models that run on Spark.
ON_SPARK = {
    "int_ended_event_days",
    "int_event_days",
    "int_events_checked",
    "int_order_lines_versions",
    "int_orphan_order_lines",
}


def on_spark(folder: Path, master: str) -> Path:
    """The demo company's configuration, with a small cluster."""
    content = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    options = {
        **QUICK,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "700m",
        "spark.executor.memory": "512m",
    }
    content["engine"] = {"kind": "spark", "spark": {"master": master, "options": options}}
    path = folder / "on_spark.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


@contextmanager
def killing_a_worker(spark: Cluster, lake: Path) -> Iterator[None]:
    """Kill a worker as soon as the first file of the lake is being written."""
    is_over = Event()

    def kill() -> None:
        while not is_over.wait(0.05):
            if any(lake.glob("intermediate/int_events_checked/*/_temporary")):
                spark.kill(spark.processes[-1])
                return

    watcher = Thread(target=kill)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
    assert spark.processes[-1].poll() is not None, "the run ended before the worker was killed"


def differing(one: Deployment, other: Deployment) -> list[str]:
    """Published tables whose rows differ, floating-point numbers from the ninth digit on."""
    found = []
    with duckdb.connect() as con:
        con.execute(f"attach '{one.home.published}' as one (read_only)")
        con.execute(f"attach '{other.home.published}' as other (read_only)")
        for table in GRAINS:
            columns = ", ".join(
                f'round("{name}", 9)' if kind in ("DOUBLE", "FLOAT") else f'"{name}"'
                for name, kind, *_ in con.execute(f"describe one.{table}").fetchall()
            )
            mine, theirs = (f"select {columns} from {name}.{table}" for name in ("one", "other"))
            ((rows,),) = con.execute(
                f"""
                select count(*) from (
                    ({mine} except all {theirs}) union all ({theirs} except all {mine})
                )
                """
            ).fetchall()
            if rows:
                found.append(f"{table}: {rows} rows")
    return found


@pytest.fixture(scope="module")
def deployment(
    delivered: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """The demo company after its first day on a cluster, of which a worker was killed meanwhile."""
    folder = tmp_path_factory.mktemp("on_spark")
    home = delivered.copy(folder / "home").home
    with cluster(folder / "cluster", workers=2) as spark:
        deployment = Deployment(home, on_spark(folder, spark.master))
        with killing_a_worker(spark, home.root / "lake"):
            deployment.day(HISTORY)
        yield deployment


def test_a_day_whose_worker_was_killed_is_published_as_by_duckdb(
    deployment: Deployment, first_day: Deployment
) -> None:
    lake = deployment.home.root / "lake" / "intermediate"
    assert {path.name for path in lake.iterdir()} == ON_SPARK
    assert differing(deployment, first_day) == []


def test_the_next_day_is_published_as_by_duckdb(
    deployment: Deployment, day_before_last: Deployment
) -> None:
    deployment.day(HISTORY + timedelta(days=1))
    assert differing(deployment, day_before_last) == []
