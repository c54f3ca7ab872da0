"""dbt builds: before texts and customers are scored, before actions are decided, and after.

Models' SQL does not belong here (`dbt_project/`), nor running dbt (`runtime/dbt.py`).
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import dbt_assets

from deployment.config import DeploymentConfig
from erasure.redeliveries import finish_files, set_returning_rows_aside
from erasure.tombstones import has_tombstones
from ingestion.exchange_rates import write_exchange_rates
from orchestration.asset_keys import EXAMPLES, WAREHOUSE_POOL
from orchestration.partitions import dates_of
from orchestration.resources import assignment_key, training_settings
from orchestration.runtime.dbt import Dbt
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import LayerTranslator
from warehouse.connection import Warehouse, write_run_dates
from warehouse.history import history_start
from warehouse.identity.decisions import fault_messages, write_identity_decisions
from warehouse.ml_tables.action_tables import write_assignment_key

# Layers that need the day's churn scores, and those that need the day's decisions too.
AFTER_SCORING = ("predictions", "calibration", "actions")
AFTER_DECISIONS = ("hand_over", "activation", "feedback", "ops")
# Layers that need the scores of texts. Only these depend on the dates that a training reads. The
# calibration of warnings is among them, so that it precedes the training: a model in use has one.
AFTER_TEXTS = ("marts", "features", "labels", "warnings", "examples", "experiments")

_SELECT_AFTER_SCORING = " ".join(f"fqn:holdfast.{layer}" for layer in AFTER_SCORING)
_SELECT_AFTER_DECISIONS = " ".join(f"fqn:holdfast.{layer}" for layer in AFTER_DECISIONS)
# A test compares the catalogue with the features; dbt runs it in a build that selects both.
# The company's inter-purchase limits are needed on training dates too, which are written before the
# second build; the purchases of customers depend on them.
_WITH_TRAINING_DATES = (
    "intermediate.company.int_company_rhythm",
    "intermediate.orders.int_customer_purchases",
)
_SELECT_AFTER_TEXTS = " ".join(
    f"fqn:holdfast.{name}" for name in (*AFTER_TEXTS, "feature_catalogue", *_WITH_TRAINING_DATES)
)


def warehouse_assets(
    manifest: Mapping[str, Any],
    config: DeploymentConfig,
    partitions: dg.PartitionsDefinition[str],
) -> list[dg.AssetsDefinition]:
    """The four builds of the dbt project; every model and seed is an asset of one of them."""
    translator = LayerTranslator(config.owner)
    settings = training_settings(config)
    dbt_build = partial(
        dbt_assets,
        manifest=manifest,
        dagster_dbt_translator=translator,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )

    @dbt_build(
        name="unify_customers",
        exclude=f"{_SELECT_AFTER_TEXTS} {_SELECT_AFTER_SCORING} {_SELECT_AFTER_DECISIONS}",
    )
    def unify_customers(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        dbt: dg.ResourceParam[Dbt],
    ) -> Iterator[Any]:
        with final_unless_in_use():
            with warehouse.connect() as con:
                write_run_dates(con, dates_of(context))
                if config.exchange_rates is not None:
                    for problem in write_exchange_rates(con, config.exchange_rates):
                        context.log.warning(problem)
                _read_decisions(context, con, config, dbt)
            _keep_erased_people_away(context, warehouse, config, dbt)
            yield from dbt.build(context, manifest, translator)

    @dbt_build(name="build_features", select=_SELECT_AFTER_TEXTS)
    def build_features(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        dbt: dg.ResourceParam[Dbt],
    ) -> Iterator[Any]:
        from ml.churn.split import open_dates, training_cutoffs

        daily = dates_of(context)
        with final_unless_in_use():
            training: list[date] = []
            with warehouse.connect() as con:
                if EXAMPLES in context.selected_asset_keys:
                    begins = history_start(con, config.first_date)
                    training = training_cutoffs(daily[-1], begins, settings)
                    training += open_dates(daily[-1], settings)
                write_run_dates(con, daily, training)
            yield from dbt.build(context, manifest, translator)

    @dbt_build(name="find_candidates", select=_SELECT_AFTER_SCORING)
    def find_candidates(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        dbt: dg.ResourceParam[Dbt],
    ) -> Iterator[Any]:
        with final_unless_in_use():
            with warehouse.connect() as con:
                write_assignment_key(con, assignment_key(config))
            yield from dbt.build(context, manifest, translator)

    @dbt_build(name="activate_scores", select=_SELECT_AFTER_DECISIONS)
    def activate_scores(
        context: dg.AssetExecutionContext, dbt: dg.ResourceParam[Dbt]
    ) -> Iterator[Any]:
        with final_unless_in_use():
            yield from dbt.build(context, manifest, translator)

    return [unify_customers, build_features, find_candidates, activate_scores]


def _keep_erased_people_away(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    config: DeploymentConfig,
    dbt: Dbt,
) -> None:
    """Remove the rows of erased people and their files' rows, before anything is built from them.

    The staging views are made first, because they know what the columns of a delivery mean.
    """
    if not has_tombstones(dbt.home):
        return
    finish_files(config, dbt.home)
    dbt.command(
        *("build", "--select", "+fqn:holdfast.staging"),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--no-write-json", "--cache-selected-only"),
    )
    with warehouse.connect() as con:
        rows = set_returning_rows_aside(con, config, dbt.home)
    if rows:
        context.log.info("%d delivered rows of erased people were deleted.", rows)
    for problem in finish_files(config, dbt.home):
        context.log.warning(problem)


def _read_decisions(
    context: dg.AssetExecutionContext,
    con: duckdb.DuckDBPyConnection,
    config: DeploymentConfig,
    dbt: Dbt,
) -> None:
    """Read the deployment's decisions on identities, and log those that cannot be applied."""
    named = config.identity.decisions
    path = dbt.home.file(named) if named else None
    faulty = write_identity_decisions(con, path)
    if path:
        for message in fault_messages(path, faulty):
            context.log.warning(message)
