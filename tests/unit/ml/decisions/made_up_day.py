"""Candidates of a made-up day, with draws."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ml.decisions.schemas import CANDIDATES, CUSTOMER_DRAWS, DRAWS
from ml.decisions.settings import DayLimits

ACTIONS = ("call", "gift", "letter", "mail", "offer", "voucher")
COSTS = (8.0, 10.0, 1.0, 0.05, 5.0, 0.0)


def made_up_candidates(
    customers: int, actions: int = 6, seed: int = 0, allowed_share: float = 0.8
) -> pa.Table:
    """Candidates with values of a lognormal customer value and uplifts around 3 %."""
    random = np.random.default_rng(seed)
    allowed = random.random((customers, actions)) < allowed_share
    # Every customer has at least one action.
    allowed[:, 0] |= ~allowed.any(axis=1)
    customer, action = np.nonzero(allowed)
    worth = random.lognormal(4, 1, customers)[customer]
    uplift = random.normal(0.03, 0.04, len(customer))
    cost = np.round(np.array(COSTS)[action] * random.uniform(0.8, 1.2, len(customer)), 2)
    columns = {
        "customer_id": pa.array([f"c{number:07d}" for number in range(customers)]).take(
            pa.array(customer)
        ),
        "action_id": pa.array(ACTIONS).take(pa.array(action)),
        "expected_uplift": uplift,
        "expected_net_value": uplift * worth - cost,
        "expected_cost": cost,
        **{name: np.zeros(len(customer)) for name in DRAWS},
        "is_proven": np.ones(len(customer), dtype=bool),
    }
    return with_draws(pa.table(columns, schema=CANDIDATES), seed + 1)


def with_draws(candidates: pa.Table, seed: int) -> pa.Table:
    """The same candidates with other draws; their rows are in order of customers."""
    random = np.random.default_rng(seed)
    ids, customer = np.unique(candidates["customer_id"].to_numpy(), return_inverse=True)
    for name in DRAWS:
        per_customer = name in CUSTOMER_DRAWS
        draws = random.random(len(ids) if per_customer else len(candidates))
        position = candidates.column_names.index(name)
        values = draws[customer] if per_customer else draws
        candidates = candidates.set_column(position, CANDIDATES.field(name), pa.array(values))
    return candidates


def made_up_limits(customers: int) -> DayLimits:
    """Limits that bind: money for one call in twenty customers, and few calls and gifts."""
    shares = {"call": 0.02, "gift": 0.01, "letter": 0.05, "mail": None, "offer": 0.03}
    capacities = {
        name: None if share is None else int(share * customers) for name, share in shares.items()
    }
    return DayLimits(0.2 * customers, {**capacities, "voucher": int(0.1 * customers)})
