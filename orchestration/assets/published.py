"""The published file and its brief, replaced by one rename after every blocking check of the day.

Writing the file (`warehouse/published/publication.py`) and its pages (`brief/`) do not belong here.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.asset_keys import PUBLISHED, WAREHOUSE_POOL
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse
from warehouse.published.publication import publish
from warehouse.published.tables import tables_from_manifest


def published_asset(
    manifest: Mapping[str, Any],
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> dg.AssetsDefinition:
    """The DuckDB file with every dbt model whose `meta` marks it as published."""
    tables = tables_from_manifest(manifest)

    @dg.asset(
        key=PUBLISHED,
        deps=[dg.AssetKey([table.schema, table.name]) for table in tables],
        group_name="published",
        description="The file that BI tools open, with every published table, and the day's brief."
        " Both are replaced by one rename.",
        owners=[owner_name(config.owner)],
        kinds={"duckdb", "html"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def published(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        home: dg.ResourceParam[Home],
    ) -> dg.MaterializeResult[None]:
        from brief.archive import write_briefs
        from brief.page import Definitions

        briefs = partial(write_briefs, definitions=Definitions.of(config), limits=warehouse.limits)
        with final_unless_in_use():
            report = publish(
                warehouse.path,
                home.published,
                tables,
                limits=warehouse.limits,
                companions=[briefs],
                readable_by=config.publish.readable_by,
            )
        if report.damage:
            context.log.warning(
                "%s was damaged and has been made again: %s", home.published, report.damage
            )
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(home.published),
                "version": report.version,
                "brief": dg.MetadataValue.url(home.brief.as_uri()),
                "size_bytes": report.size_bytes,
                "seconds": round(report.seconds, 3),
                "replaced_from": "everything" if report.is_full else str(report.replaced_from),
                **{f"rows in {label}": rows for label, rows in report.rows.items()},
            }
        )

    return published
