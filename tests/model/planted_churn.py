"""A company whose reasons to leave are known, because they were planted.

Each customer's log odds of leaving are a sum of planted terms, one a cause; the outcome is a coin
with that probability. Features that mean nothing, unknown values and a text column are there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.explain import Meaning

CATALOGUE = {
    "days_since_last_order": Meaning("emotional_bond", "silence"),
    "late_answers_90d": Meaning("service_response", "answers"),
    "discount_share_365d": Meaning("price_sensitivity", "discounts"),
    "plan": Meaning("product_fit", "plan"),
    "has_app": Meaning("product_fit", "app"),
    "noise_1": Meaning("external_environment", "noise"),
    "noise_2": Meaning("external_environment", "noise"),
}
PLANTED_CAUSES = ("emotional_bond", "service_response", "price_sensitivity", "product_fit")


@dataclass(frozen=True)
class PlantedCompany:
    """Examples, each row's true probability, and its planted terms (rows, 4 causes)."""

    examples: pa.Table
    probability: NDArray[np.float64]
    terms: NDArray[np.float64]


def planted_company(dates: list[date], customers: int = 1_500, seed: int = 1) -> PlantedCompany:
    """Draw every customer anew on every date, in an order that means nothing."""
    random = np.random.default_rng(seed)
    rows = customers * len(dates)
    silent = np.floor(random.gamma(1.5, 30, rows)).clip(0, 179)
    late = random.poisson(0.5, rows).astype(float)
    discount = random.beta(1, 3, rows)
    plan = random.choice(["basic", "plus", "pro"], rows)
    terms = np.column_stack(
        [0.025 * silent, 0.9 * late, 3.0 * discount, np.where(plan == "basic", 0.8, 0.0)]
    )
    probability = 1 / (1 + np.exp(3.3 - terms.sum(axis=1)))
    churned = random.random(rows) < probability
    known = random.random(rows) > 0.1
    ids = np.tile([f"customer-{number:05d}" for number in range(customers)], len(dates))
    age = silent + random.integers(1, 700, rows)
    order = random.permutation(rows)
    table = pa.table(
        {
            "customer_id": pa.array(ids),
            "snapshot_date": pa.array(np.repeat(dates, customers), pa.date32()),
            "is_eligible": pa.repeat(pa.scalar(True), rows),
            "days_since_last_order": pa.array(silent.astype(np.int32)),
            "days_since_first_order": pa.array(age.astype(np.int32)),
            "purchase_days_lifetime": pa.array(1 + random.poisson(age / 120)),
            "late_answers_90d": pa.array(late),
            "discount_share_365d": pa.array(discount, mask=~known),
            "plan": pa.array(plan),
            "has_app": pa.array(random.random(rows) < 0.5, mask=~known),
            "noise_1": pa.array(random.normal(size=rows)),
            "noise_2": pa.array(random.normal(size=rows)),
            "never_known": pa.nulls(rows, pa.float64()),
            "churned": pa.array(churned),
        }
    )
    return PlantedCompany(table.take(pa.array(order)), probability[order], terms[order])


def cutoffs(last: date, count: int, step_days: int = 30) -> list[date]:
    """`count` cutoffs, `step_days` apart, ascending and ending on `last`."""
    return [last - timedelta(days=step_days * k) for k in reversed(range(count))]
