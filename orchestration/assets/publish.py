"""The published file: what consumers read, replaced when everything before it was right."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.assets.ingest import POOL
from orchestration.config import DeploymentConfig
from orchestration.faults import final_unless_in_use
from orchestration.home import Home
from orchestration.transform import published_models
from orchestration.translator import LayerTranslator, owner_name
from orchestration.warehouse import Warehouse

PUBLISHED = dg.AssetKey(["published", "holdfast"])


def published_asset(
    manifest: Mapping[str, Any],
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> dg.AssetsDefinition:
    """The DuckDB file with every model that is marked as published."""
    translator = LayerTranslator(config.owner)
    models = published_models(manifest)

    @dg.asset(
        key=PUBLISHED,
        deps=[translator.get_asset_key(model) for model in models.values()],
        group_name="published",
        description="The file that BI tools open: every published table, replaced by one rename.",
        owners=[owner_name(config.owner)],
        kinds={"duckdb"},
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def published(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        home: dg.ResourceParam[Home],
    ) -> dg.MaterializeResult[None]:
        raise NotImplementedError

    return published
