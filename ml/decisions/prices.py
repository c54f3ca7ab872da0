"""Prices of the limits: the Lagrange multipliers of budget and capacities.

The allocation maximises Σ w·v·x over x ∈ {0, 1} with at most one action a customer, under
Σ w·c·x ≤ budget and Σ w·x ≤ capacity of each action, where v is the net value, c the cost and w
the probability that a customer for whom the action is chosen is treated. With prices λ of the
budget and μ of the capacities its Lagrangian dual is

    D(λ, μ) = λ·budget + μ·capacity + Σ w·max(0, max over actions of (v − λ·c − μ)).

D is convex and piecewise linear in a few prices, and each of its values is an upper bound on the
value of every allocation. It is minimised by the level method: each value adds a cutting plane to
a piecewise linear model, and the next prices are those nearest to the best ones at which the model
is low enough (Lemaréchal, Nemirovskii, Nesterov: New variants of bundle methods, Mathematical
Programming 69, 1995, section 2; here with the maximum norm, so that each step is a linear program
of a dozen variables for HiGHS). The minimum of the model is a lower bound on the minimum of D,
which proves how near the prices are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from ml.decisions.candidates import Codes, Floats

NO_ACTION = -1
# Customers whose values fit into the processor's cache together.
BLOCK = 16_384
# Customers that the first prices are found with.
SAMPLE = 20_000
# Distance of D from its minimum, as a share of it.
TOLERANCE = 1e-6
MAX_EVALUATIONS = 300
# Share of the gap that a step tries to close from below.
LEVEL = 0.3
# Digits that prices are rounded to, so that noise of the solver changes no decision.
DIGITS = 9


@dataclass(frozen=True)
class AllocationProblem:
    """Values, costs and limits of the allocation.

    Attributes:
        values: net value, minus infinity where an action cannot be chosen, (actions, customers).
        costs: in units of the budget, shape (actions, customers).
        weights: probability that a chosen customer is treated, shape (customers,).
        budget: expected cost available, infinite without limit.
        capacities: expected contacts available, infinite without limit, shape (actions,).
    """

    values: Floats
    costs: Floats
    weights: Floats
    budget: float
    capacities: Floats

    @property
    def limits(self) -> Floats:
        """Budget and capacities, shape (1 + actions,)."""
        return np.append(self.budget, self.capacities)

    def best_actions(self, prices: Floats, above: float = 0.0) -> tuple[Codes, Floats]:
        """Action of highest price-adjusted value of each customer, and that value.

        Args:
            prices: of the budget and of each capacity, shape (1 + actions,).
            above: what the adjusted value must exceed.

        Returns:
            Positions of the actions, `NO_ACTION` and `above` where no adjusted value exceeds it,
            each of shape (customers,).
        """
        action = np.full(len(self.weights), NO_ACTION)
        adjusted = np.full(len(self.weights), above)
        for start in range(0, len(self.weights), BLOCK):
            block = slice(start, start + BLOCK)
            for number, contact in enumerate(prices[1:]):
                offered = self.values[number, block] - prices[0] * self.costs[number, block]
                offered -= contact
                is_better = offered > adjusted[block]
                adjusted[block][is_better] = offered[is_better]
                action[block][is_better] = number
        return action, adjusted

    def use(self, action: Codes) -> Floats:
        """Expected use of budget and capacities by an assignment, shape (1 + actions,)."""
        chosen = np.flatnonzero(action >= 0)
        weights, actions = self.weights[chosen], action[chosen]
        contacts = np.bincount(actions, weights, minlength=len(self.capacities))
        return np.append((weights * self.costs[actions, chosen]).sum(), contacts)

    def value(self, action: Codes) -> float:
        """Expected net value of an assignment."""
        chosen = np.flatnonzero(action >= 0)
        return float((self.weights[chosen] * self.values[action[chosen], chosen]).sum())

    def dual(self, prices: Floats) -> tuple[float, Floats]:
        """D at the prices, and its slope, shape (1 + actions,); prices of no limit must be 0."""
        action, adjusted = self.best_actions(prices)
        limits = np.where(np.isfinite(self.limits), self.limits, 0)
        value = float((prices * limits).sum() + (self.weights * adjusted).sum())
        return value, limits - self.use(action)

    def sample(self, every: int) -> AllocationProblem:
        """Every n-th customer, with limits in proportion to the weights."""
        customers = np.arange(0, len(self.weights), every)
        part = self.weights[customers].sum() / self.weights.sum()
        return self.of(customers, self.limits * part)

    def of(self, customers: Codes, limits: Floats) -> AllocationProblem:
        """Problem of some customers under other limits, shape (1 + actions,)."""
        return AllocationProblem(
            self.values[:, customers],
            self.costs[:, customers],
            self.weights[customers],
            float(limits[0]),
            limits[1:],
        )


@dataclass(frozen=True)
class Prices:
    """Prices of budget and capacities, shape (1 + actions,), and D at them.

    `lowest` is a proven lower bound on the minimum of D.
    """

    prices: Floats
    bound: float
    lowest: float
    evaluations: int


def dual_prices(problem: AllocationProblem) -> Prices:
    """Prices that minimise D, first on a sample of 20,000 customers and from there on all.

    The price of a limit that cannot bind is 0.
    """
    start = np.zeros(1 + len(problem.capacities))
    evaluations = 0
    every = len(problem.weights) // SAMPLE
    if every > 1:
        sampled = _minimise(problem.sample(every), start)
        start, evaluations = sampled.prices, sampled.evaluations
    found = _minimise(problem, start)
    prices = _rounded(found.prices)
    bound, _ = problem.dual(prices)
    return Prices(prices, bound, found.lowest, evaluations + found.evaluations)


def _minimise(problem: AllocationProblem, start: Floats) -> Prices:
    """Minimise D by the level method from the start."""
    highest = _highest_prices(problem)
    if not highest.any():
        value, _ = problem.dual(highest)
        return Prices(highest, value, value, 1)
    model = _Model(highest)
    best, best_prices, lowest = np.inf, start, 0.0
    prices = np.minimum(start, highest)
    for _ in range(MAX_EVALUATIONS):
        value, slope = problem.dual(prices)
        model.add(prices, value, slope)
        if value < best:
            best, best_prices = value, prices
        lowest = max(lowest, model.lowest())
        if best - lowest <= TOLERANCE * best:
            break
        nearest = model.nearest(best_prices, lowest + LEVEL * (best - lowest))
        if nearest is None:
            break
        prices = nearest
    return Prices(best_prices, best, lowest, model.planes)


def _highest_prices(problem: AllocationProblem) -> Floats:
    """Prices from which on a limit is not used at all; 0 for limits that cannot be reached."""
    is_open = problem.values > 0
    values = np.where(is_open, problem.values, 0)
    costs = np.where(is_open, problem.costs, 0)
    most = np.append(
        (problem.weights * costs.max(axis=0, initial=0)).sum(),
        (problem.weights * is_open).sum(axis=1),
    )
    returns = np.divide(values, costs, out=np.zeros_like(values), where=costs > 0)
    highest = np.append(returns.max(initial=0), values.max(axis=1, initial=0))
    return np.where(most > problem.limits, highest, 0)


class _Model:
    """Cutting planes of D over the box from 0 to the highest prices.

    Prices are counted in shares of the highest ones and D in shares of its first value.
    """

    def __init__(self, highest: Floats) -> None:
        self._free = np.flatnonzero(highest)
        self._highest = highest
        self._scale = 1.0
        self._slopes: list[Floats] = []
        self._offsets: list[float] = []

    @property
    def planes(self) -> int:
        """Number of planes."""
        return len(self._slopes)

    def add(self, prices: Floats, value: float, slope: Floats) -> None:
        """Add the plane that touches D at the prices."""
        if not self._slopes:
            self._scale = value or 1.0
        self._slopes.append((slope * self._highest)[self._free] / self._scale)
        self._offsets.append((value - float((slope * prices).sum())) / self._scale)

    def lowest(self) -> float:
        """Minimum of the model, 0 if the solver finds none."""
        free = len(self._free)
        found = linprog(
            np.append(np.zeros(free), 1.0),
            A_ub=np.column_stack([self._slopes, -np.ones(len(self._slopes))]),
            b_ub=-np.array(self._offsets),
            bounds=[(0, 1)] * free + [(0, None)],
            method="highs",
        )
        return float(found.fun) * self._scale if found.success else 0.0

    def nearest(self, prices: Floats, level: float) -> Floats | None:
        """Prices nearest to the given ones at which the model is at most the level.

        None if the solver finds none, because planes and level differ by less than its tolerance.
        """
        free = len(self._free)
        centre = prices[self._free] / self._highest[self._free]
        within = np.column_stack([np.eye(free), -np.ones(free)])
        beyond = np.column_stack([-np.eye(free), -np.ones(free)])
        planes = np.column_stack([self._slopes, np.zeros(len(self._slopes))])
        found = linprog(
            np.append(np.zeros(free), 1.0),
            A_ub=np.vstack([within, beyond, planes]),
            b_ub=np.concatenate([centre, -centre, level / self._scale - np.array(self._offsets)]),
            bounds=[(0, 1)] * free + [(0, None)],
            method="highs",
        )
        if not found.success:
            return None
        nearest = prices.copy()
        nearest[self._free] = np.clip(found.x[:free], 0, 1) * self._highest[self._free]
        return nearest


def _rounded(prices: Floats) -> Floats:
    magnitude = np.floor(np.log10(np.where(prices > 0, prices, 1)))
    scale = 10.0 ** (DIGITS - 1 - magnitude)
    return np.asarray(np.round(prices * scale) / scale)
