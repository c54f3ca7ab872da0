"""Check of the engine: whether Spark can start here, where the deployment wants it."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.finding import Finding
from deployment.config import DeploymentConfig


def diagnose_engine(config: DeploymentConfig) -> Iterator[Finding]:
    """Check the packages and the Java that Spark needs; nothing for a deployment without it."""
    if config.engine.kind != "spark" or config.engine.spark is None:
        return
    from spark.engine.session import missing

    fault = missing()
    if fault is None:
        master = config.engine.spark.master
        yield Finding("ok", "engine", f"Spark can start here, for the master {master}")
    else:
        problem, _, remedy = fault.partition(": ")
        yield Finding("error", "engine", problem, remedy)
