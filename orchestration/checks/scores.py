"""The check after scoring: every eligible customer has one valid score.

Counting faults does not belong here (`warehouse/score_counts.py`).
"""

from datetime import date

import dagster as dg

from orchestration.asset_keys import CHURN_SCORES, WAREHOUSE_POOL
from orchestration.partitions import dates_of
from orchestration.resources import Models
from warehouse.connection import Warehouse
from warehouse.score_counts import ScoreFaults, score_faults


def scores_check(partitions: dg.PartitionsDefinition[str]) -> dg.AssetChecksDefinition:
    """The blocking check `scores_are_complete`."""

    @dg.asset_check(
        asset=CHURN_SCORES,
        blocking=True,
        description=(
            "Every eligible customer has one score between 0 and 1, and scores differ unless the "
            "model is the base rate."
        ),
        partitions_def=partitions,
        pool=WAREHOUSE_POOL,
    )
    def scores_are_complete(
        context: dg.AssetCheckExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> dg.AssetCheckResult:
        with warehouse.connect(read_only=True) as con:
            faults = {day: score_faults(con, day) for day in dates_of(context)}
        problems = [
            problem for day, found in faults.items() if (problem := _problem(day, found, models))
        ]
        return dg.AssetCheckResult(passed=not problems, description="; ".join(problems))

    return scores_are_complete


def _problem(day: date, faults: ScoreFaults, models: Models) -> str | None:
    if faults.are_countable:
        return (
            f"{day}: {faults.missing} eligible customers without a score, {faults.repeated} "
            f"repeated scores, {faults.outside} scores outside 0 to 1"
        )
    version = faults.sole_score_of
    if version is None or models.churn_models.load(version).model.is_average:
        return None
    return f"{day}: model {version} gave all customers the same score"
