"""The check of feature drift before scoring; blocks publication or warns, as configured.

The bound and the accepted shifts do not belong here (`drift/gate.py`).
"""

import dagster as dg

from deployment.config import Drift
from orchestration.asset_keys import FEATURES_ARE_AS_IN_TRAINING, WAREHOUSE_POOL
from orchestration.metadata import drift_figures
from orchestration.partitions import dates_of
from warehouse.connection import Warehouse

NOTHING_TO_COMPARE_WITH = (
    "the warehouse lacks the rows that the model in use was trained on, so its features cannot be "
    "compared with them: run `holdfast train`"
)


def drift_check(partitions: dg.PartitionsDefinition[str], rule: Drift) -> dg.AssetChecksDefinition:
    """The check `features_are_as_in_training`."""

    @dg.asset_check(
        asset=FEATURES_ARE_AS_IN_TRAINING.asset_key,
        name=FEATURES_ARE_AS_IN_TRAINING.name,
        blocking=True,
        description=(
            "No feature with weight in the model has drifted both from its training and from the "
            "day four weeks before, unless a person has accepted the drift."
        ),
        partitions_def=partitions,
        pool=WAREHOUSE_POOL,
    )
    def features_are_as_in_training(
        context: dg.AssetCheckExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
    ) -> dg.AssetCheckResult:
        from orchestration.drift.gate import blocking_message, blocking_shifts, shifts_of

        days = dates_of(context)
        with warehouse.connect(read_only=True) as con:
            blocking = {day: blocking_shifts(con, day, rule.hold_above) for day in days}
            latest = shifts_of(con, days[-1])
        found = "; ".join(blocking_message(day, some) for day, some in blocking.items() if some)
        unmeasured = "" if latest else f"{days[-1]}: {NOTHING_TO_COMPARE_WITH}"
        blocks = bool(found) and rule.on_shift == "hold"
        return dg.AssetCheckResult(
            passed=not (found or unmeasured),
            severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
            description=found or unmeasured,
            metadata=drift_figures(latest),
        )

    return features_are_as_in_training
