"""Feature drift: customers counted in the bins of the model in use, before scoring.

The check that blocks publication does not belong here (`checks/drift.py`), nor the measurement
(`drift/measurement.py`) or the published indices (the dbt model `drift_daily`).
"""

from collections.abc import Iterator

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.asset_keys import (
    CHURN_MODEL,
    FEATURE_COUNTS,
    FEATURE_REFERENCE,
    FEATURES,
    WAREHOUSE_POOL,
)
from orchestration.assets.scoring import model_of
from orchestration.partitions import dates_of
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse


def drift_assets(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The reference distribution of the model in use, and the counts of the run's dates."""

    def spec(key: dg.AssetKey, description: str) -> dg.AssetSpec:
        return dg.AssetSpec(
            key,
            deps=[FEATURES, CHURN_MODEL],
            group_name="model",
            description=description,
            owners=[owner_name(config.owner)],
            kinds={"duckdb"},
        )

    @dg.multi_asset(
        name="measure_drift",
        specs=[
            spec(
                FEATURE_REFERENCE,
                "Distribution of each feature in the training rows and of the score on the "
                "holdout; written when a model version is first used.",
            ),
            spec(
                FEATURE_COUNTS,
                "Eligible customers in each bin of the reference of the model in use, on the run's "
                "dates and on the date four weeks before each.",
            ),
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def measure_drift(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> Iterator[dg.MaterializeResult[None]]:
        from orchestration.drift.measurement import measure

        dates = dates_of(context)
        versions = set()
        with final_unless_in_use(), warehouse.connect() as con:
            for day in dates:
                used = model_of(day, models)
                measure(con, day, used, dates)
                versions.add(used.version)
        for key in (FEATURE_REFERENCE, FEATURE_COUNTS):
            yield dg.MaterializeResult(
                asset_key=key, metadata={"model_version": ", ".join(sorted(versions))}
            )

    return measure_drift
