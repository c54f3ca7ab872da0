"""Calibration by risk tier: predicted and observed churn of the tiers high, medium and low."""

from __future__ import annotations

from dataclasses import dataclass

from ml.metrics.intervals import Interval, wilson_interval
from ml.metrics.ranking import Labels, Scores


@dataclass(frozen=True)
class Tier:
    """One risk tier; `mean_predicted`, `churn_rate` and `ratio` are NaN without customers."""

    name: str
    customers: int
    mean_predicted: float
    churn_rate: Interval

    @property
    def ratio(self) -> float:
        """Churn rate ÷ mean prediction, below 1 if overpredicted; NaN if the mean is 0 or NaN."""
        if not self.mean_predicted > 0:
            return float("nan")
        return self.churn_rate.estimate / self.mean_predicted


def by_tier(labels: Labels, probabilities: Scores, medium: float, high: float) -> tuple[Tier, ...]:
    """Predicted and observed churn of the tiers high, medium and low, in this order.

    Args:
        labels: true for churned customers, shape (customers,).
        probabilities: shape (customers,).
        medium: minimum probability of the tier medium.
        high: minimum probability of the tier high, not below `medium`.

    Returns:
        Three tiers, the churn rate with Wilson's interval.
    """
    members = {
        "high": probabilities >= high,
        "medium": (probabilities >= medium) & (probabilities < high),
        "low": probabilities < medium,
    }
    return tuple(
        Tier(
            name=name,
            customers=int(inside.sum()),
            mean_predicted=float(probabilities[inside].mean()) if inside.any() else float("nan"),
            churn_rate=wilson_interval(int(labels[inside].sum()), int(inside.sum())),
        )
        for name, inside in members.items()
    )
