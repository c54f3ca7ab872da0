"""Attrition in the summary: the lifecycle stage with the highest rate, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

MONTHS = 3
# With fewer customers a month a single one decides which stage ranks highest.
FEWEST_CUSTOMERS = 30

_STAGES = {
    "non_contractual": {
        "first_purchase": "first-time buyers",
        "repeat": "customers with two to four purchases",
        "loyal": "customers with five purchases or more",
    },
    "contractual": {
        "first_purchase": "customers in their first 90 days",
        "repeat": "customers in the rest of their first year",
        "loyal": "customers after their first year",
    },
}


@dataclass(frozen=True)
class StageAttrition:
    """Attrition of a lifecycle stage over the latest complete months.

    `lost` and `entered` are sums over the months. The figures of the second purchase are those of
    `marts.repeat_purchase`; None for other stages than the first purchase, and where unknown.
    """

    stage: str
    first_month: date
    last_month: date
    entered: int
    lost: int
    never_share: float | None
    median_days_to_second: int | None
    never_after_days: int | None


def read_highest_attrition(con: duckdb.DuckDBPyConnection) -> StageAttrition | None:
    """The stage after a purchase with the highest attrition rate of three complete months.

    Prospects and trials are left out, because they are lost after a fixed number of days and not
    by their inter-purchase interval. None where no customer was lost, or every stage has too few.
    """
    row = con.execute(
        f"""
        with months as (
            select distinct month from marts.lifecycle_attrition
            where is_complete
            order by month desc
            limit {MONTHS}
        ),

        stages as (
            select
                stage,
                min(month) as first_month,
                max(month) as last_month,
                sum(entered)::bigint as entered,
                sum(lost)::bigint as lost
            from marts.lifecycle_attrition
            semi join months using (month)
            where stage in ('first_purchase', 'repeat', 'loyal')
            group by stage, stage_no
            having sum(entered) >= {FEWEST_CUSTOMERS} * count(*) and sum(lost) > 0
            order by sum(lost) / sum(entered) desc, stage_no
            limit 1
        )

        select
            stages.*,
            facts.never_share,
            facts.median_days_to_second,
            facts.never_after_days
        from stages
        left join marts.repeat_purchase as facts
            on stages.stage = 'first_purchase' and facts.dimension = 'all'
        """
    ).fetchone()
    return StageAttrition(*row) if row else None


def attrition_sentence(highest: StageAttrition, churn_kind: str) -> str:
    """One sentence, such as "highest among first-time buyers: …"; unknown figures are left out."""
    customers = _STAGES[churn_kind][highest.stage]
    months = f"{highest.first_month:%Y-%m} to {highest.last_month:%Y-%m}"
    rate = f"{100 * highest.lost / highest.entered:.1f} % lost a month"
    parts = [f"highest among {customers}: {rate} ({highest.lost:,} in total, {months})"]
    if highest.never_share is not None:
        parts.append(f"{100 * highest.never_share:.0f} % never buy again")
    if highest.median_days_to_second is not None:
        parts.append(f"the median second order comes after {highest.median_days_to_second} days")
    if highest.never_after_days:
        parts.append(
            f"of those without one after {highest.never_after_days} days, 90 % never buy again"
        )
    return "; ".join(parts)
