"""Randomised units of two periods, in which an action helps one cause in five, and a learner."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pyarrow as pa

from ml.metrics.intervals import Interval
from ml.uplift.offline_value import Valuation
from ml.uplift.uplift_learner import UpliftSettings
from ml.uplift.uplift_training import UpliftTraining, train_uplift

AS_OF = date(2026, 12, 1)
SETTINGS = UpliftSettings(folds=2, threads=1, outcome_rounds=20, effect_rounds=30)
BETTER = Valuation(
    True, None, 900, Interval(2, 1, 3), Interval(1, 0, 2), Interval(1, 0.5, 1.5), Interval(2, 1, 3)
)
NOT_VALUED = Valuation(False, "not enough logged decisions", 0)


def planted(
    customers: int, seed: int, effect_of_cause: float, treatment_share: float = 0.7
) -> pa.Table:
    """Units of two periods; the action keeps more customers of one cause in five, and no others.

    Retention depends on the orders, whatever the arm.
    """
    random = np.random.default_rng(seed)
    causes = random.integers(0, 5, customers)
    orders, days = random.poisson(3, customers), random.exponential(40, customers)
    is_treated = random.random(customers) < treatment_share
    effect = effect_of_cause * (causes == 0)
    chance = 0.4 + 0.05 * np.minimum(orders, 6) + effect * is_treated
    is_late = np.arange(customers) >= customers // 2
    return pa.table(
        {
            "customer_id": [f"c{number}" for number in range(customers)],
            "action_id": ["call"] * customers,
            "assigned_on": np.where(
                is_late, np.datetime64("2026-07-01"), np.datetime64("2026-01-01")
            ),
            "arm": np.where(is_treated, "treatment", "control").tolist(),
            "treatment_probability": np.full(customers, treatment_share),
            "is_retained": random.random(customers) < chance,
            "cause": np.array(["price", "service", "product", "bond", "other"])[causes].tolist(),
            "orders": orders,
            "days_since_order": days,
        }
    )


@cache
def trained_learner() -> UpliftTraining:
    """A learner of 8,000 units with an effect of .3 on one cause, fitted once a process."""
    found = train_uplift(planted(8_000, 1, effect_of_cause=0.3), AS_OF, 90, SETTINGS)
    assert isinstance(found, UpliftTraining)
    return found
