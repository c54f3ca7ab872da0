"""Settings of Apache Spark, which may build the models that are linear in delivered rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from deployment.source_config.base import Section, matching

Master = Annotated[
    str, matching(r"local(\[(\d+|\*)\])?|(spark|k8s)://\S+|yarn", "a master of Spark")
]


class Spark(Section):
    """A Spark cluster and the folder of what it builds.

    `master` is a cluster such as spark://host:7077, or local[2] for two threads of this machine.
    `options` are Spark's own settings by name, such as spark.executor.memory. `lake` is the folder
    of the Parquet files, relative to the home or absolute; every worker needs it under this path.
    """

    master: Master
    options: dict[str, str] = Field(default_factory=dict)
    lake: Path = Path("lake")
