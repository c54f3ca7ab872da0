"""Settings of the engine: what builds the models, and the limits of a run on this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import PositiveInt, field_validator, model_validator

from deployment.engine.machine_memory import machine_memory
from deployment.engine.spark import Spark
from deployment.home import Home
from deployment.source_config.base import Section, matching

_UNITS = {"MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(MB|GB|TB)")
_LEAST_BYTES = 1_000_000_000
# Python's before the first row is read: Dagster, dbt with the parsed project, XGBoost.
_PYTHON_BYTES = 500_000_000
# DuckDB's limit does not count all of its memory, such as the vectors of a running query, and
# Python keeps some of what it has scored: at a million people 0.75 of 8 GB came to 8.10. With 0.7
# the features of a million people did not fit beside their orders.
_COUNTED_SHARE = 0.75
# Where Python may hold the rows of all customers, as in a training or a scoring.
_SHARE_BESIDE_ROWS = 0.25

# The type that `duckdb.connect` declares.
DuckDBSettings = dict[str, str | bool | int | float | list[str]]
Size = Annotated[str, matching(_SIZE.pattern, "a size such as 6GB")]


class Engine(Section):
    """Limits of a run, and what builds the models.

    `kind` is duckdb, or spark for the models that are linear in events and order lines; `spark` has
    the cluster. `memory` is that of the whole process: DuckDB's, and what Python holds beside it.
    The default is half of the machine's memory, or of the control group's (a container, a systemd
    unit) where that has less. `threads` are DuckDB's; the default is the number of cores. `spill`
    is the folder of rows that do not fit into memory, relative to the home or absolute; no other
    deployment has it.
    """

    memory: Size | None = None
    threads: PositiveInt | None = None
    spill: Path = Path("spill")
    kind: Literal["duckdb", "spark"] = "duckdb"
    spark: Spark | None = None

    @field_validator("memory")
    @classmethod
    def _memory_holds_the_libraries(cls, memory: str | None) -> str | None:
        if memory is not None and _bytes_of(memory) < _LEAST_BYTES:
            raise ValueError(f"expected at least 1GB, found {memory}")
        return memory

    @model_validator(mode="after")
    def _spark_has_a_master(self) -> Engine:
        if self.kind == "spark" and self.spark is None:
            raise ValueError("expected spark.master, because kind is spark")
        return self


@dataclass(frozen=True)
class EngineLimits:
    """Limits of a run on this machine.

    Attributes:
        memory_bytes: of the whole process.
        threads: DuckDB's; None leaves its default, the number of cores.
        spill: absolute path of the folder of spilled rows.
    """

    memory_bytes: int
    threads: int | None
    spill: Path

    @classmethod
    def of(cls, engine: Engine, home: Home) -> EngineLimits:
        """The limits that the settings and the machine give."""
        memory = _bytes_of(engine.memory) if engine.memory else machine_memory() // 2
        return cls(max(memory, _LEAST_BYTES), engine.threads, home.file(engine.spill))

    def duckdb_settings(self, *, beside_rows: bool = False) -> DuckDBSettings:
        """Settings of a DuckDB connection by name.

        Args:
            beside_rows: leave three quarters of the memory to rows of customers that Python holds.
        """
        memory = (self.memory_bytes - _PYTHON_BYTES) * _COUNTED_SHARE
        if beside_rows:
            memory *= _SHARE_BESIDE_ROWS
        settings: DuckDBSettings = {
            "memory_limit": f"{memory / 1e6:.0f}MB",
            "temp_directory": str(self.spill),
        }
        if self.threads is not None:
            settings["threads"] = self.threads
        return settings


def _bytes_of(size: str) -> int:
    """The bytes of a size such as 6GB (decimal units)."""
    found = _SIZE.fullmatch(size)
    assert found
    number, unit = found.groups()
    return int(float(number) * _UNITS[unit])
