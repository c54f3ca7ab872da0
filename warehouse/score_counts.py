"""Counts of eligible and scored customers, by which a run is checked before and after scoring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

# Half of the customers within a week cannot have churned: a delivery is incomplete.
LEAST_SHARE_OF_BEFORE = 0.5
LOOK_BACK = timedelta(days=7)
# Fewer customers may well have one probability.
_LEAST_SCORED = 100


@dataclass(frozen=True)
class EligibleCustomers:
    """Eligible customers of a date, and those scored on the latest date of the week before."""

    eligible: int
    scored_before: int

    @property
    def are_enough(self) -> bool:
        """True if there are customers, and at least half as many as were scored before."""
        return self.eligible > 0 and self.eligible >= LEAST_SHARE_OF_BEFORE * self.scored_before


@dataclass(frozen=True)
class ScoreFaults:
    """Faults in the scores of a date, in customers or rows.

    `sole_score_of` is the model version that gave every customer the same score, else None.
    """

    missing: int
    repeated: int
    outside: int
    sole_score_of: str | None

    @property
    def are_countable(self) -> bool:
        """True if a score is missing, repeated or outside [0, 1]."""
        return bool(self.missing or self.repeated or self.outside)


def eligible_customers(con: duckdb.DuckDBPyConnection, day: date) -> EligibleCustomers:
    """Count a date's eligible customers, and those scored shortly before."""
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
    return EligibleCustomers(*row) if row else EligibleCustomers(0, 0)


def score_faults(con: duckdb.DuckDBPyConnection, day: date) -> ScoreFaults:
    """Compare a date's scores with its eligible customers."""
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
                having count(*) > $least and count(distinct churn_probability) = 1
            )
        """,
        {"day": day, "least": _LEAST_SCORED},
    ).fetchone()
    return ScoreFaults(*row) if row else ScoreFaults(0, 0, 0, None)
