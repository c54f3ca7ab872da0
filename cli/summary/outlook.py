"""Expected churn rate of a published day, for the summary."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

# Above it a probability is shown in words: a hundred per cent would claim more than is known.
SHOWN_SURE = 0.99


@dataclass(frozen=True)
class Outlook:
    """Expected churn rate of the eligible customers, with its 95 % interval.

    `has_season` is False if less than a year before the day is known.
    """

    expected: float
    low: float
    high: float
    model: float
    has_season: bool


def read_outlook(con: duckdb.DuckDBPyConnection, is_of_day: str) -> Outlook | None:
    """Read the outlook of a day; None if none was published.

    Args:
        con: the published file.
        is_of_day: SQL condition on snapshot_date.
    """
    row = con.execute(
        f"""
        select expected_churn_rate, churn_rate_low, churn_rate_high, model_churn_rate, has_season
        from activation.churn_outlook_daily
        where {is_of_day}
        """
    ).fetchone()
    return Outlook(*row) if row else None


def outlook_sentence(outlook: Outlook) -> str:
    """The outlook as a sentence without its subject."""
    season = "" if outlook.has_season else "; no season is known before a year of history"
    return (
        f"{outlook.expected:.0%} of the eligible customers, 95 % interval {outlook.low:.0%} to"
        f" {outlook.high:.0%} (the model's own mean is {outlook.model:.0%}{season})"
    )


def shown_probability(probability: float) -> str:
    """A probability in per cent; above 99 % in words."""
    return "over 99%" if probability > SHOWN_SURE else f"{probability:.0%}"
