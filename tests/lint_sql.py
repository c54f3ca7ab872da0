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

gc.set_threshold(500_000, 20, 100)


def main() -> None:
    """Run sqlfluff with the arguments of the command line, and end with its exit code."""
    # Only the first process compiles models; the others need not import dbt.
    import dbt.compilation
    from sqlfluff.cli.commands import cli

    # Each ephemeral model is checked in its own file, and not again in the models that read it.
    dbt.compilation.inject_ctes_into_sql = lambda sql, _: sql
    with TemporaryDirectory() as folder:
        warehouse = Path(folder, "warehouse.duckdb")
        write_seeds(warehouse)
        os.environ["HOLDFAST_WAREHOUSE"] = str(warehouse)
        sys.exit(cli(prog_name="sqlfluff", standalone_mode=False))


def write_seeds(warehouse: Path) -> None:
    """Write each seed as a table of texts into a new warehouse."""
    import duckdb

    from deployment.project import SEEDS

    with duckdb.connect(str(warehouse)) as con:
        con.execute("create schema seeds")
        for path in SEEDS.glob("*.csv"):
            con.execute(
                f"create table seeds.{path.stem} as from read_csv('{path}', all_varchar = true)"
            )


if __name__ == "__main__":
    main()
