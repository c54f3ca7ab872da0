"""The BG/NBD model of customers who buy at random and one day silently stop.

Fader, Hardie, Lee: "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model,
Marketing Science 24(2), 2005. While alive a customer buys at Poisson rate λ ~ Gamma(r, α); after
each purchase the customer drops out with probability p ~ Beta(a, b).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Histories:
    """Purchase histories, each array of shape (customers,).

    `repeats` (x) counts purchase days after the first, `last` (t_x) is the age in days at the last
    purchase, and `age` (T) is the days since the first purchase.
    """

    repeats: Values
    last: Values
    age: Values


@dataclass(frozen=True)
class BgNbd:
    """Parameters r, α (in days), a and b."""

    r: float
    alpha: float
    a: float
    b: float

    @classmethod
    def fit(cls, histories: Histories) -> BgNbd:
        """Maximum likelihood (section 4.4, equation 6) with its exact gradient, by L-BFGS.

        Equal histories are counted once, and ages are measured in units of the oldest, which keeps
        the four parameters near one.

        Raises:
            ValueError: there is no repeat purchase, so no rate can be told from no dropout.
        """
        if not (histories.repeats > 0).any():
            raise ValueError("no customer has bought twice")
        rows = np.column_stack([histories.repeats, histories.last, histories.age])
        distinct, counts = np.unique(rows, axis=0, return_counts=True)
        unit = float(distinct[:, 2].max())
        grouped = Histories(distinct[:, 0], distinct[:, 1] / unit, distinct[:, 2] / unit)
        found = minimize(
            _mean_loss,
            x0=np.zeros(4),
            args=(grouped, counts / counts.sum()),
            jac=True,
            method="L-BFGS-B",
            # e^±12 is far beyond any company; the bounds stop a flat likelihood from overflowing.
            bounds=[(-12.0, 12.0)] * 4,
        )
        r, alpha, a, b = np.exp(found.x)
        return cls(float(r), float(alpha) * unit, float(a), float(b))

    def probability_alive(self, histories: Histories) -> Values:
        """Probability of not having dropped out by now, shape (customers,).

        Fader, Hardie: Computing P(alive) Using the BG/NBD Model, 2008, note 021.
        """
        log_odds = (
            np.log(self.a)
            - np.log(self.b + np.maximum(histories.repeats, 1.0) - 1.0)
            + (self.r + histories.repeats)
            * (np.log(self.alpha + histories.age) - np.log(self.alpha + histories.last))
        )
        return np.where(histories.repeats > 0, expit(-log_odds), 1.0)

    def probability_of_no_purchase(self, histories: Histories, days: float) -> Values:
        """Probability of no purchase in the next `days`, shape (customers,).

        A living customer's λ is Gamma(r + x, α + T) after the history seen, so
        P(X(t) = 0) = 1 − P(alive) · (1 − ((α + T) / (α + T + t))^(r + x)).
        """
        silent = np.exp(
            (self.r + histories.repeats)
            * (np.log(self.alpha + histories.age) - np.log(self.alpha + histories.age + days))
        )
        return np.asarray(1.0 - self.probability_alive(histories) * (1.0 - silent))


def _mean_loss(logs: Values, histories: Histories, weights: Values) -> tuple[float, Values]:
    """Negative mean log likelihood and its gradient by the logarithms of r, α, a, b."""
    r, alpha, a, b = np.exp(logs)
    x, last, age = histories.repeats, histories.last, histories.age
    repeated = x > 0
    before = np.where(repeated, b + x - 1, 1.0)
    log_alive = -(r + x) * np.log(alpha + age)
    log_gone = np.where(
        repeated, np.log(a) - np.log(before) - (r + x) * np.log(alpha + last), -np.inf
    )
    log_either = np.logaddexp(log_alive, log_gone)
    alive, gone = np.exp(log_alive - log_either), np.exp(log_gone - log_either)
    purchases = gammaln(r + x) - gammaln(r) + r * logs[1]
    survivals = gammaln(a + b) - gammaln(a + b + x) + gammaln(b + x) - gammaln(b)
    log_likelihood = purchases + survivals + log_either

    by_rate = digamma(r + x) - digamma(r) + logs[1]
    by_beta = digamma(a + b) - digamma(a + b + x)
    gradient = np.array(
        [
            by_rate - alive * np.log(alpha + age) - gone * np.log(alpha + last),
            r / alpha - (r + x) * (alive / (alpha + age) + gone / (alpha + last)),
            by_beta + gone / a,
            by_beta + digamma(b + x) - digamma(b) - gone / before,
        ]
    )
    return -float(weights @ log_likelihood), -(gradient @ weights) * np.exp(logs)
