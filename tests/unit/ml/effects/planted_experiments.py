"""Experiments with a planted effect, and units with the columns that a test does not name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from ml.effects.schemas import UNITS

STARTS = np.datetime64(date(2020, 1, 1))


def units(customers: int, **columns: Any) -> pa.Table:
    """Matured treatment units of one action and period, with the columns given instead."""
    default: dict[str, Any] = {
        "customer_id": [f"c{number}" for number in range(customers)],
        "action_id": ["call"] * customers,
        "assigned_on": [date(2026, 1, 10)] * customers,
        "period_start": [date(2026, 1, 1)] * customers,
        "period_end": [date(2026, 1, 31)] * customers,
        "arm": ["treatment"] * customers,
        "is_mature": [True] * customers,
        "is_retained": [True] * customers,
        "net_revenue": [100.0] * customers,
        "cost": [0.0] * customers,
    }
    given = {**default, **columns}
    arrays = [
        pa.array(given[field.name], field.type)
        if field.name in given
        else pa.nulls(customers, field.type)
        for field in UNITS
    ]
    return pa.table(arrays, schema=UNITS)


def counted(
    treated: int, retained_treated: int, control: int, retained_control: int, **columns: Any
) -> pa.Table:
    """Units with these numbers of customers in both arms; treated customers come first."""
    retained = np.zeros(treated + control, dtype=bool)
    retained[:retained_treated] = True
    retained[treated : treated + retained_control] = True
    arms = ["treatment"] * treated + ["control"] * control
    return units(treated + control, **{"arm": arms, "is_retained": retained, **columns})


def planted(
    periods: int,
    customers: int,
    uplift: float,
    seed: int,
    treatment_share: float = 0.7,
    segments: tuple[str, ...] = ("product_fit", "price_sensitivity"),
) -> pa.Table:
    """Periods with `customers` each, whose retention rises by `uplift` under treatment.

    A treated customer costs 2. A retained one pays an exponential amount with a mean of 50, and
    bought before the more often the likelier to be retained.
    """
    random = np.random.default_rng(seed)
    size = periods * customers
    period = np.repeat(np.arange(periods), customers)
    is_treated = random.random(size) < treatment_share
    orders = random.poisson(3, size)
    chance = 0.55 + 0.05 * np.clip(orders - 3, -3, 3)
    is_retained = random.random(size) < chance + uplift * is_treated
    start = STARTS + period * np.timedelta64(30, "D")
    return units(
        size,
        assigned_on=start,
        period_start=start,
        period_end=start + np.timedelta64(timedelta(days=29)),
        arm=np.where(is_treated, "treatment", "control").tolist(),
        treatment_probability=np.full(size, treatment_share),
        cause=np.array(segments)[random.integers(0, len(segments), size)].tolist(),
        is_retained=is_retained,
        net_revenue=is_retained * random.exponential(50, size),
        prior_net_revenue=orders * 40.0,
        prior_orders=orders,
        cost=2.0 * is_treated,
    )
