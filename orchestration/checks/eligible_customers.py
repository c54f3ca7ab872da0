"""The check before scoring: enough customers are eligible.

Counting them does not belong here (`warehouse/score_counts.py`).
"""

import dagster as dg

from orchestration.asset_keys import FEATURES, WAREHOUSE_POOL
from orchestration.partitions import dates_of
from warehouse.connection import Warehouse
from warehouse.score_counts import eligible_customers


def eligible_customers_check(partitions: dg.PartitionsDefinition[str]) -> dg.AssetChecksDefinition:
    """The blocking check `enough_customers_to_score`."""

    @dg.asset_check(
        asset=FEATURES,
        blocking=True,
        description=(
            "On each date at least one customer is eligible, and at least half as many as were "
            "scored in the week before."
        ),
        partitions_def=partitions,
        pool=WAREHOUSE_POOL,
    )
    def enough_customers_to_score(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.AssetCheckResult:
        with warehouse.connect(read_only=True) as con:
            counts = {day: eligible_customers(con, day) for day in dates_of(context)}
        broken = {day: count for day, count in counts.items() if not count.are_enough}
        return dg.AssetCheckResult(
            passed=not broken,
            description="; ".join(
                f"{day}: {count.eligible} customers are eligible, {count.scored_before} were "
                "scored in the week before: look at the latest deliveries"
                for day, count in broken.items()
            ),
            metadata={str(day): count.eligible for day, count in counts.items()},
        )

    return enough_customers_to_score
