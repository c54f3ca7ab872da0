"""sqlfluff on the dbt models, with the seeds that some models read while they are compiled.

Garbage is collected rarely: a parsed file is a tree of some hundred thousand objects, and walking
through them again and again took a third of sqlfluff's CPU time. The processes that sqlfluff starts
import this module too, and so collect as rarely.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import dbt.compilation
import duckdb
from sqlfluff.cli.commands import cli

from deployment.project import SEEDS
from orchestration.runtime.ephemeral_models import by_pattern

gc.set_threshold(500_000, 20, 100)


def write_seeds(warehouse: Path) -> None:
    """Write each seed as a table of texts."""
    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema seeds")
        for path in SEEDS.glob("*.csv"):
            con.execute(
                f"create table seeds.{path.stem} as from read_csv('{path}', all_varchar = true)"
            )


if __name__ == "__main__":
    # As a run compiles: dbt's own way refuses customer_risk_daily for its length.
    dbt.compilation.inject_ctes_into_sql = by_pattern(dbt.compilation.inject_ctes_into_sql)
    with TemporaryDirectory() as folder:
        os.environ["HOLDFAST_WAREHOUSE"] = str(Path(folder, "warehouse.duckdb"))
        write_seeds(Path(os.environ["HOLDFAST_WAREHOUSE"]))
        sys.exit(cli(prog_name="sqlfluff", standalone_mode=False))
