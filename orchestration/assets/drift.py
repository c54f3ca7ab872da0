"""How the run's dates look to the model in use: counted before scoring, by its own bins.

Whether they may be scored is for the gate in `checks.py`, and how far they lie off for the dbt
model `drift_daily`.
"""

from collections.abc import Iterator

import dagster as dg

from deployment.config import DeploymentConfig
from orchestration.assets.ingest import POOL
from orchestration.assets.scoring import FEATURE_COUNTS, FEATURES, model_of
from orchestration.partitions import dates_of
from orchestration.resources import Models
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse

FEATURE_REFERENCE = dg.AssetKey(["ml", "feature_reference"])


def drift_assets(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str], model: dg.AssetKey
) -> dg.AssetsDefinition:
    """What the model in use was trained on, and the features of the run's dates beside it."""

    def spec(key: dg.AssetKey, description: str) -> dg.AssetSpec:
        return dg.AssetSpec(
            key,
            deps=[FEATURES, model],
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
                "The distribution of each feature where a model was trained, and of its score on "
                "its holdout; written when a version is first used.",
            ),
            spec(
                FEATURE_COUNTS,
                "Eligible customers in each bin of the reference of the model in use, on the run's "
                "dates and on the date four weeks before each.",
            ),
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
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
