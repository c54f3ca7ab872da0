"""Allocation problems with limits that bind, and their linear programs."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ml.decisions.prices import AllocationProblem

COSTS = np.array([0.05, 0.05, 1.0, 5.0, 8.0, 10.0])
CAPACITIES = np.array([np.inf, 0.05, 0.02, 0.01, 0.05, 0.02])


def made_up_problem(
    customers: int, seed: int, limits_share: float = 1.0, *, has_ties: bool = False
) -> AllocationProblem:
    """Lognormal customer values, uplifts around 3 %; with ties, one value and cost an action."""
    random = np.random.default_rng(seed)
    shape = (len(COSTS), 1 if has_ties else customers)
    worth = 100.0 if has_ties else random.lognormal(4, 1, customers)
    cost = np.round(COSTS[:, None] * random.uniform(0.8, 1.2, shape), 2)
    value = random.normal(0.03, 0.04, shape) * worth - cost
    is_allowed = random.random((len(COSTS), customers)) < 0.8
    return AllocationProblem(
        values=np.where(is_allowed & (value > 0), value, -np.inf),
        costs=np.ceil(cost * 1e6) * np.ones((1, customers)),
        weights=random.uniform(0.8, 0.9, customers),
        budget=0.1e6 * customers * limits_share,
        capacities=np.ceil(CAPACITIES * customers) * limits_share,
    )


def constraints(problem: AllocationProblem) -> tuple[np.ndarray, sparse.csr_matrix, np.ndarray]:
    """Profit of each pair of customer and action, and the matrix and limits of all constraints.

    Limits that are infinite are left out.
    """
    actions, customers = problem.values.shape
    action, customer = np.nonzero(np.isfinite(problem.values))
    pair, weight = np.arange(len(action)), problem.weights[customer]
    spend = weight * problem.costs[action, customer]
    matrix = sparse.vstack(
        [
            sparse.csr_matrix((np.ones(len(pair)), (customer, pair)), (customers, len(pair))),
            sparse.csr_matrix((weight, (action, pair)), (actions, len(pair))),
            sparse.csr_matrix((spend, (np.zeros(len(pair), int), pair)), (1, len(pair))),
        ],
        format="csr",
    )
    limits = np.concatenate([np.ones(customers), problem.capacities, [problem.budget]])
    is_limit = np.isfinite(limits)
    return weight * problem.values[action, customer], matrix[is_limit], limits[is_limit]
