"""Removal of what is older than the deployment keeps it, before the day is built.

Which rows are removed does not belong here (`warehouse/pruning/`).
"""

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.asset_keys import REMOVED_ROWS, WAREHOUSE_POOL, raw_key
from orchestration.partitions import dates_of
from orchestration.pruning import prune
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.pruning.past_days import require_kept


def removed_rows_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The account of the rows that the settings of the section `keep` have removed."""

    @dg.asset(
        key=REMOVED_ROWS,
        deps=[
            raw_key(name, table)
            for name, source in config.sources.items()
            for table in source.tables
        ],
        group_name="raw",
        description="Rows, runs and models that were removed because of their age (section keep of"
        " the configuration), with their numbers.",
        owners=[owner_name(config.owner)],
        kinds={"duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def removed_rows(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        home: dg.ResourceParam[Home],
        models: dg.ResourceParam[Models],
    ) -> dg.MaterializeResult[None]:
        days = dates_of(context)
        with final_unless_in_use(), warehouse.connect() as con:
            require_kept(con, days, config.churn.horizon_days)
            pruned = prune(con, config, home, models, context.instance, besides=days)
        return dg.MaterializeResult(metadata=pruned.figures())

    return removed_rows
