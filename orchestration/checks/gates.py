"""The gates that SQL cannot express: they compare a run with what earlier runs left.

What must hold of a table by itself is a test of the dbt project, and blocks just the same.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import duckdb

from deployment.config import Drift
from orchestration.assets.ingest import POOL
from orchestration.assets.scoring import CHURN_SCORES, FEATURE_COUNTS, FEATURES
from orchestration.partitions import dates_of
from orchestration.resources import Models
from warehouse.connection import Warehouse

if TYPE_CHECKING:
    from ml.monitoring.drift import Shift

# Customers leave by the per cent; half of them gone within a week is a delivery gone wrong.
LEAST_SHARE_OF_BEFORE = 0.5
LOOK_BACK = timedelta(days=7)
# Features whose figures a check shows, furthest first.
SHOWN_FEATURES = 20
NOTHING_TO_COMPARE_WITH = (
    "the warehouse lacks the rows that the model in use was trained on, so nothing can be held "
    "against them: run `holdfast train`"
)


def gates(partitions: dg.PartitionsDefinition[str]) -> Sequence[dg.AssetChecksDefinition]:
    """The blocking checks before scoring and before anything is made of the scores."""

    @dg.asset_check(
        asset=FEATURES,
        blocking=True,
        description="On each date somebody is eligible, and no fewer than half of the week before.",
        partitions_def=partitions,
        pool=POOL,
    )
    def enough_customers_to_score(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> dg.AssetCheckResult:
        with warehouse.connect(read_only=True) as con:
            counts = {day: _eligible_and_before(con, day) for day in dates_of(context)}
        broken = {
            day: (now, before)
            for day, (now, before) in counts.items()
            if now == 0 or now < LEAST_SHARE_OF_BEFORE * before
        }
        return dg.AssetCheckResult(
            passed=not broken,
            description="; ".join(
                f"{day}: {now} customers are eligible, {before} were scored shortly before: "
                "look at the latest deliveries"
                for day, (now, before) in broken.items()
            ),
            metadata={str(day): now for day, (now, _) in counts.items()},
        )

    @dg.asset_check(
        asset=CHURN_SCORES,
        blocking=True,
        description=(
            "Every eligible customer has one score between 0 and 1, and they differ unless the "
            "model is the average."
        ),
        partitions_def=partitions,
        pool=POOL,
    )
    def scores_are_complete(
        context: dg.AssetCheckExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        models: dg.ResourceParam[Models],
    ) -> dg.AssetCheckResult:
        with warehouse.connect(read_only=True) as con:
            faults = [
                fault for day in dates_of(context) if (fault := _fault_of_scores(con, day, models))
            ]
        return dg.AssetCheckResult(passed=not faults, description="; ".join(faults))

    return [enough_customers_to_score, scores_are_complete]


def drift_gate(partitions: dg.PartitionsDefinition[str], rule: Drift) -> dg.AssetChecksDefinition:
    """The check that holds a day back before it is scored, or warns, by the deployment's rule."""

    @dg.asset_check(
        asset=FEATURE_COUNTS,
        blocking=True,
        description=(
            "No feature that the model reads lies far from both its training and the day four "
            "weeks before, unless somebody has accepted it."
        ),
        partitions_def=partitions,
        pool=POOL,
    )
    def features_are_as_in_training(
        context: dg.AssetCheckExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
    ) -> dg.AssetCheckResult:
        from orchestration.drift.gate import held_back, shifts_of, why_held_back

        days = dates_of(context)
        with warehouse.connect(read_only=True) as con:
            held = {day: held_back(con, day, rule.hold_above) for day in days}
            latest = shifts_of(con, days[-1])
        found = "; ".join(why_held_back(day, shifts) for day, shifts in held.items() if shifts)
        unmeasured = "" if latest else f"{days[-1]}: {NOTHING_TO_COMPARE_WITH}"
        holds = bool(found) and rule.on_shift == "hold"
        return dg.AssetCheckResult(
            passed=not (found or unmeasured),
            severity=dg.AssetCheckSeverity.ERROR if holds else dg.AssetCheckSeverity.WARN,
            description=found or unmeasured,
            metadata=_figures(latest),
        )

    return features_are_as_in_training


def _figures(shifts: "Sequence[Shift]") -> dict[str, dg.MetadataValue]:
    """Indices of the features that lie furthest off, as Dagster shows them."""
    if not shifts:
        return {}
    records = [
        dg.TableRecord(
            {
                "feature": shift.feature,
                "psi": round(shift.psi, 4),
                "psi_to_earlier_day": "" if (psi := shift.earlier_psi) is None else f"{psi:.4f}",
                "by_chance": round(shift.chance, 4),
                "unknown": round(shift.null_share, 4),
                "unknown_in_training": round(shift.reference_null_share, 4),
            }
        )
        for shift in shifts[:SHOWN_FEATURES]
    ]
    return {
        "largest_psi": dg.MetadataValue.float(shifts[0].psi),
        "features": dg.MetadataValue.table(records),
    }


def _eligible_and_before(con: duckdb.DuckDBPyConnection, day: date) -> tuple[int, int]:
    """Eligible customers of a date, and those scored on the latest date of the week before."""
    row = con.execute(
        """
        select
            (
                select count(*) from features.feat_customer_snapshots
                where snapshot_date = $day and is_eligible
            ),
            (
                select coalesce(arg_max(customers, snapshot_date), 0)
                from (
                    select snapshot_date, count(*) as customers from ml.churn_scores
                    where snapshot_date between $since and $day - 1
                    group by all
                )
            )
        """,
        {"day": day, "since": day - LOOK_BACK},
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _fault_of_scores(con: duckdb.DuckDBPyConnection, day: date, models: Models) -> str | None:
    row = con.execute(
        """
        with eligible as (
            select customer_id from features.feat_customer_snapshots
            where snapshot_date = $day and is_eligible
        ),

        scores as (
            select customer_id, churn_probability, model_version
            from ml.churn_scores
            where snapshot_date = $day
        )

        select
            (select count(*) from eligible anti join scores using (customer_id)),
            (select count(*) - count(distinct customer_id) from scores),
            (select count(*) from scores where not churn_probability between 0 and 1),
            (
                select any_value(model_version)
                from scores
                having count(*) > 100 and count(distinct churn_probability) = 1
            )
        """,
        {"day": day},
    ).fetchone()
    missing, repeated, outside, sole_score_of = row or (0, 0, 0, None)
    if missing or repeated or outside:
        return (
            f"{day}: {missing} eligible customers without a score, {repeated} scores too many, "
            f"{outside} outside of 0 to 1"
        )
    if sole_score_of is None or models.registry.load(sole_score_of).model.is_average:
        return None
    return f"{day}: all customers have the same score"
