"""Hand-over of the published actions; a receiver that fails does not fail the day.

How a receiver is asked does not belong here (`warehouse/hand_over/`).
"""

from collections.abc import Iterator

import dagster as dg

from deployment.config import DeploymentConfig
from deployment.home import Home
from orchestration.asset_keys import (
    ACTION_CATALOGUE,
    ACTION_CONTACTS,
    HANDED_OVER,
    PUBLISHED,
    RECEIVERS_TAKE_ALL,
    WAREHOUSE_POOL,
)
from orchestration.metadata import hand_over_figures
from orchestration.partitions import dates_of
from orchestration.runtime.retry_policy import final_unless_in_use
from orchestration.translator import owner_name
from warehouse.connection import Warehouse


def hand_over_asset(
    config: DeploymentConfig, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetsDefinition:
    """The published treatments in the day's files and at the receivers of the configuration.

    If a receiver does not take a decision, the check fails with severity ERROR, the run goes on,
    and the next run tries again until the decision expires.
    """

    @dg.asset(
        key=HANDED_OVER,
        deps=[PUBLISHED, ACTION_CONTACTS, ACTION_CATALOGUE],
        group_name="hand_over",
        description=(
            "Actions with the contacts of their customers: files in the home, and on request rows "
            "of a PostgreSQL table or requests to an HTTP endpoint. Nothing is handed over for a "
            "customer who has withdrawn consent since the decision."
        ),
        owners=[owner_name(config.owner)],
        kinds={"duckdb"},
        check_specs=[
            dg.AssetCheckSpec(
                RECEIVERS_TAKE_ALL.name,
                asset=HANDED_OVER,
                description="Every receiver took every decision; the others are dead letters.",
                partitions_def=partitions,
            )
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=WAREHOUSE_POOL,
    )
    def actions(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        home: dg.ResourceParam[Home],
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        from warehouse.hand_over.delivery import hand_over

        days, settings = dates_of(context), config.hand_over
        with final_unless_in_use(), warehouse.connect() as con:
            report = hand_over(con, home.published, home.hand_over, config.slug, settings, days)
        yield dg.MaterializeResult(metadata=hand_over_figures(report))
        yield dg.AssetCheckResult(
            check_name=RECEIVERS_TAKE_ALL.name,
            passed=report.failure is None,
            severity=dg.AssetCheckSeverity.ERROR,
            description=report.failure,
        )

    return actions
