"""The stage of life that most customers are lost from, in one sentence of published numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

MONTHS = 3
# Of fewer customers a month one more or less would name another stage.
FEWEST = 30

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
class WorstAttrition:
    """A stage with the highest attrition rate of the latest complete months.

    `lost` and `entered` are sums over the months; the facts of the second purchase are those of
    `marts.repeat_purchase`, None for a stage other than the first purchase and where not known.
    """

    stage: str
    first_month: date
    last_month: date
    entered: int
    lost: int
    never_share: float | None
    median_days_to_second: int | None
    never_after_days: int | None


def read_worst_attrition(con: duckdb.DuckDBPyConnection) -> WorstAttrition | None:
    """Of the stages of those who bought, by the rate over the latest three complete months.

    Prospects and trials are left out, who are lost by the calendar and not by a rhythm. None where
    nobody was lost, or no stage has enough customers to tell.
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
            having sum(entered) >= {FEWEST} * count(*) and sum(lost) > 0
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
    return WorstAttrition(*row) if row else None


def attrition_sentence(worst: WorstAttrition, churn_kind: str) -> str:
    """In plain words, such as "38 % never buy again"; what is not known is left out."""
    who = _STAGES[churn_kind][worst.stage]
    months = f"{worst.first_month:%Y-%m} to {worst.last_month:%Y-%m}"
    rate = f"{100 * worst.lost / worst.entered:.1f} % lost a month"
    told = [f"worst among {who}: {rate} ({worst.lost:,} in all, {months})"]
    if worst.never_share is not None:
        told.append(f"{100 * worst.never_share:.0f} % never buy again")
    if worst.median_days_to_second is not None:
        told.append(f"the median second order comes after {worst.median_days_to_second} days")
    if worst.never_after_days:
        told.append(f"after {worst.never_after_days} days without one, 90 % never will")
    return "; ".join(told)
