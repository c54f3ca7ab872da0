"""Removal of what is older than the deployment keeps it: rows, models and Dagster's runs.

Rows are removed in one transaction. Files of models and runs are removed after it; what a killed
removal leaves is removed by the next one. SQLite uses the space of deleted runs for new ones.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb

from deployment.config import DeploymentConfig
from deployment.engine.limits import EngineLimits
from deployment.home import Home
from erasure.places.warehouse_rows import without_old_bytes
from ml.registry.unused_files import unused_folders
from orchestration.resources import Models
from warehouse.connection import Warehouse, create_tables
from warehouse.pruning.account import RemovedRows
from warehouse.pruning.prune import latest_day, prune_warehouse

# Deleting one takes a tenth of a second. The first run with the setting may find years of them.
RUNS_AT_ONCE = 50
# Of the warehouse's blocks. Fewer free blocks are used by the next days.
_FREE_SHARE = 0.25
_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dataclass(frozen=True)
class Pruned:
    """Report of a removal: rows by setting and table, models' folders, ids of Dagster's runs."""

    rows: list[RemovedRows]
    models: list[Path]
    runs: list[str]

    def figures(self) -> dict[str, int]:
        """Numbers by name, as metadata of an asset."""
        return {
            "runs": len(self.runs),
            "models": len(self.models),
            **{f"rows of {each.table} ({each.setting})": each.rows for each in self.rows},
        }


def prune(
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    home: Home,
    models: Models,
    instance: dg.DagsterInstance,
    *,
    besides: Sequence[date] = (),
    most_runs: int | None = RUNS_AT_ONCE,
    is_dry: bool = False,
) -> Pruned:
    """Remove everything that was too old on the latest day that was run.

    That day's run has evaluated the days whose horizon had passed by then, so none is removed
    before its outcome is known.

    Args:
        con: the warehouse.
        config: the deployment.
        home: its home.
        models: its models.
        instance: its Dagster instance.
        besides: days of the run that is about to begin, which do not count.
        most_runs: most of Dagster's runs to remove, the oldest first; None for all.
        is_dry: change nothing.
    """
    rows: list[RemovedRows] = []
    folders: list[Path] = []
    if (as_of := latest_day(con, besides)) is not None:
        rows, first = prune_warehouse(con, config, as_of, is_dry=is_dry)
        if first is not None:
            folders = unused_folders(models.index, home.mlflow_artifacts, first)
    runs: list[str] = []
    if (runs_days := config.keep.runs_days) is not None:
        runs = old_runs(instance, datetime.now(UTC) - timedelta(days=runs_days), most_runs)
    if not is_dry:
        for folder in folders:
            shutil.rmtree(folder)
        for run_id in runs:
            instance.delete_run(run_id)
    return Pruned(rows, folders, runs)


def prune_home(
    config: DeploymentConfig, home: Home, instance: dg.DagsterInstance, *, is_dry: bool
) -> Pruned:
    """Remove everything that is too old on the latest day of a home, without a run.

    Raises:
        WarehouseError: no run has made the warehouse yet.
        WarehouseBusyError: a run is in progress.
    """
    warehouse, models = Warehouse.of(config, home), Models(home, config)
    warehouse.require()
    with warehouse.connect() as con:
        create_tables(con)
        return prune(con, config, home, models, instance, most_runs=None, is_dry=is_dry)


def give_space_back(config: DeploymentConfig, home: Home) -> int:
    """Write the warehouse again if a quarter of it is free; return how many bytes it shrank by.

    Raises:
        WarehouseBusyError: a run is in progress.
    """
    with Warehouse.of(config, home).connect() as con:
        con.execute("checkpoint")
        ((total, free),) = con.execute(
            "select total_blocks, free_blocks from pragma_database_size()"
        ).fetchall()
    if free < _FREE_SHARE * total:
        return 0
    before = home.warehouse.stat().st_size
    without_old_bytes(home.warehouse, EngineLimits.of(config.engine, home))
    return before - home.warehouse.stat().st_size


def old_runs(instance: dg.DagsterInstance, before: datetime, most: int | None) -> list[str]:
    """Ids of the runs that were created before a moment and have ended, the oldest first."""
    ended = dg.RunsFilter(statuses=_ENDED, created_before=before)
    records = instance.get_run_records(ended, limit=most, ascending=True)
    return [record.dagster_run.run_id for record in records]
