"""The Spark of the tests: one local process, without its web page."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from spark.engine.session import RULES
from tests.spark_options import QUICK


def local_session(folder: Path, *, cores: int = 1, memory: str = "1g") -> SparkSession:
    """A session with the rules of a run's session, whose files are in `folder`."""
    settings = {
        **QUICK,
        **RULES,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    builder = SparkSession.builder.master(f"local[{cores}]").appName("holdfast tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
