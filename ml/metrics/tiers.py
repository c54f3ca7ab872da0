"""How the probabilities hold in each risk tier, which is what a retention list is cut by."""

from __future__ import annotations

from dataclasses import dataclass

from ml.metrics.intervals import Interval, wilson_interval
from ml.metrics.ranking import Labels, Scores


@dataclass(frozen=True)
class Tier:
    """One risk tier; `mean_predicted`, `churn_rate` and `ratio` are NaN where it has no customer.

    `ratio` is the share that left ÷ the mean predicted: below 1 where the model says too much.
    """

    name: str
    customers: int
    mean_predicted: float
    churn_rate: Interval

    @property
    def ratio(self) -> float:
        """Share that left ÷ mean predicted; NaN without customers or without any risk predicted."""
        if not self.mean_predicted > 0:
            return float("nan")
        return self.churn_rate.estimate / self.mean_predicted


def by_tier(labels: Labels, probabilities: Scores, medium: float, high: float) -> tuple[Tier, ...]:
    """Predicted and actual churn of the tiers high, medium and low, in this order.

    Args:
        labels: who left, shape (customers,).
        probabilities: shape (customers,).
        medium: least probability of the tier medium.
        high: least probability of the tier high, not below `medium`.

    Returns:
        Three tiers, the share that left with Wilson's interval.
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
