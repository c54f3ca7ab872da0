"""The warehouse's models: dbt before texts are read, before scoring, and after it.

What a model holds is said in `dbt_project/`; how a build becomes Dagster events in `transform.py`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from deployment.config import DeploymentConfig
from orchestration.assets.ingest import POOL
from orchestration.partitions import dates_of
from orchestration.resources import training_settings
from orchestration.runtime.dbt import Dbt
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import LayerTranslator
from warehouse.connection import Warehouse, write_run_dates

AFTER_SCORING = ("predictions", "calibration", "activation", "feedback", "ops")
EXAMPLES = dg.AssetKey(["examples", "churn_examples"])

# Texts are read between the entities and what is said of dates. Dates that are trained on count
# only from there on: before, nothing depends on which they are.
AFTER_READING = ("marts", "features", "warnings", "labels", "examples")

_SELECT_AFTER = " ".join(f"fqn:holdfast.{layer}" for layer in AFTER_SCORING)
# The catalogue is held against the features by a test, which a build must hold both of to run.
_SELECT_BETWEEN = " ".join(f"fqn:holdfast.{name}" for name in (*AFTER_READING, "feature_catalogue"))


def warehouse_assets(
    manifest: Mapping[str, Any],
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> list[dg.AssetsDefinition]:
    """The three builds of the dbt project, with every model and seed as an asset."""
    translator = LayerTranslator(config.owner)
    settings = training_settings(config)
    dbt_build = partial(
        dbt_assets,
        manifest=manifest,
        dagster_dbt_translator=translator,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )

    @dbt_build(name="unify_customers", exclude=f"{_SELECT_BETWEEN} {_SELECT_AFTER}")
    def unify_customers(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        dbt: dg.ResourceParam[Dbt],
    ) -> Iterator[Any]:
        with final_unless_in_use():
            with warehouse.connect() as con:
                write_run_dates(con, dates_of(context))
            yield from dbt.build(context, manifest, translator)

    @dbt_build(name="build_features", select=_SELECT_BETWEEN)
    def build_features(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        dbt: dg.ResourceParam[Dbt],
    ) -> Iterator[Any]:
        from ml.churn.split import NotEnoughHistoryError, training_cutoffs

        daily = dates_of(context)
        with final_unless_in_use(NotEnoughHistoryError):
            training: list[date] = []
            if EXAMPLES in context.selected_asset_keys:
                training = training_cutoffs(daily[-1], config.first_date, settings)
            with warehouse.connect() as con:
                write_run_dates(con, daily, training)
            yield from dbt.build(context, manifest, translator)

    @dbt_build(name="activate_scores", select=_SELECT_AFTER)
    def activate_scores(
        context: dg.AssetExecutionContext, dbt: dg.ResourceParam[Dbt]
    ) -> Iterator[Any]:
        with final_unless_in_use():
            yield from dbt.build(context, manifest, translator)

    return [unify_customers, build_features, activate_scores]
