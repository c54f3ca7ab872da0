"""BG/NBD and MBG/NBD: beta-geometric models of repeat purchases and unobserved dropout.

While alive a customer buys at Poisson rate λ ~ Gamma(r, α). In the BG/NBD the customer drops out
with probability p ~ Beta(a, b) after each repeat purchase (Fader, Hardie, Lee: "Counting Your
Customers" the Easy Way, Marketing Science 24(2), 2005). In the MBG/NBD dropout follows every
purchase, including the first (Batislam, Denizel, Filiztekin: Empirical validation and comparison of
models for customer base analysis, International Journal of Research in Marketing 24(3), 2007). In
the BG/NBD a customer with one purchase is alive with probability 1, in the MBG/NBD not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln

from ml.errors import ModelError

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Histories:
    """Purchase histories, each array of shape (customers,).

    `repeats` (x) is the number of purchase days after the first, `last` (t_x) the days from the
    first to the last purchase, and `age` (T) the days since the first purchase.
    """

    repeats: Values
    last: Values
    age: Values


@dataclass(frozen=True)
class PurchaseRate:
    """Purchase rate of customers who are alive: λ ~ Gamma(r, α), α in days.

    The posterior after a history is Gamma(r + x, α + T).
    """

    r: float
    alpha: float

    def purchases(self, histories: Histories, days: float) -> Values:
        """Posterior mean of the rate times `days`: expected purchases, shape (customers,)."""
        return np.asarray((self.r + histories.repeats) / (self.alpha + histories.age) * days)

    def probability_of_none(self, histories: Histories, days: float) -> Values:
        """Probability of no purchase in `days` t: ((α + T) / (α + T + t))^(r + x), (customers,)."""
        seen = self.alpha + histories.age
        return np.asarray(
            np.exp((self.r + histories.repeats) * (np.log(seen) - np.log(seen + days)))
        )


@dataclass(frozen=True)
class BgNbd:
    """Parameters r, α (in days), a and b; `leaves_after_first` selects the MBG/NBD.

    `log_likelihood` is that of the fitted histories, with ages in days.
    """

    r: float
    alpha: float
    a: float
    b: float
    leaves_after_first: bool = False
    log_likelihood: float = float("nan")

    @classmethod
    def best(cls, histories: Histories) -> BgNbd:
        """Fit both models, each with four parameters, and return the one of greater likelihood.

        Raises:
            ModelError: there is no repeat purchase.
        """
        kinds = [cls.fit(histories, leaves_after_first=kind) for kind in (False, True)]
        return max(kinds, key=lambda model: model.log_likelihood)

    @classmethod
    def fit(cls, histories: Histories, *, leaves_after_first: bool = False) -> BgNbd:
        """Fit by maximum likelihood (L-BFGS with the exact gradient).

        The likelihood of the BG/NBD is equation 6 of section 4.4; in the MBG/NBD the beta terms
        have x + 1 for x, because the first purchase is one more chance to drop out. Equal histories
        are weighted by their count. Ages are scaled by the greatest age, so that the parameters are
        near one.

        Raises:
            ModelError: there is no repeat purchase, so rate and dropout cannot be separated.
        """
        if not (histories.repeats > 0).any():
            raise ModelError("no customer has bought twice")
        rows = np.column_stack([histories.repeats, histories.last, histories.age])
        distinct, counts = np.unique(rows, axis=0, return_counts=True)
        unit = float(distinct[:, 2].max())
        grouped = Histories(distinct[:, 0], distinct[:, 1] / unit, distinct[:, 2] / unit)
        found = minimize(
            _mean_loss,
            x0=np.zeros(4),
            args=(grouped, counts / counts.sum(), leaves_after_first),
            jac=True,
            method="L-BFGS-B",
            # e^±12 is far beyond any company; the bounds keep a flat likelihood from overflowing.
            bounds=[(-12.0, 12.0)] * 4,
        )
        r, alpha, a, b = (float(value) for value in np.exp(found.x))
        # Scaled ages multiply the density of each purchase by the unit.
        scale = np.log(unit) * float(grouped.repeats @ counts)
        log_likelihood = -float(found.fun) * float(counts.sum()) - scale
        return cls(r, alpha * unit, a, b, leaves_after_first, log_likelihood)

    @property
    def rate(self) -> PurchaseRate:
        """Purchase rate of customers who are alive."""
        return PurchaseRate(self.r, self.alpha)

    def chances_to_leave(self, histories: Histories) -> Values:
        """Number of purchases so far after which dropout was possible, shape (customers,)."""
        return histories.repeats + float(self.leaves_after_first)

    def probability_alive(self, histories: Histories) -> Values:
        """Probability that the customer has not dropped out, shape (customers,).

        Fader, Hardie: Computing P(alive) Using the BG/NBD Model, 2008, note 021.
        """
        chances = self.chances_to_leave(histories)
        log_odds = (
            np.log(self.a)
            - np.log(self.b + np.maximum(chances, 1.0) - 1.0)
            + (self.r + histories.repeats)
            * (np.log(self.alpha + histories.age) - np.log(self.alpha + histories.last))
        )
        return np.where(chances > 0, expit(-log_odds), 1.0)

    def purchases_if_alive(self, histories: Histories, days: float) -> Values:
        """Expected purchases in the next `days` if alive throughout, shape (customers,)."""
        return self.rate.purchases(histories, days)

    def probability_of_no_purchase(self, histories: Histories, days: float) -> Values:
        """Probability of no purchase in the next `days`, shape (customers,).

        P(X(t) = 0) = 1 − P(alive) · (1 − P(no purchase | alive)).
        """
        silent = self.rate.probability_of_none(histories, days)
        return np.asarray(1.0 - self.probability_alive(histories) * (1.0 - silent))


def _mean_loss(
    logs: Values, histories: Histories, weights: Values, leaves_after_first: bool
) -> tuple[float, Values]:
    """Negative mean log likelihood, and its gradient with respect to ln r, ln α, ln a and ln b."""
    r, alpha, a, b = np.exp(logs)
    x, last, age = histories.repeats, histories.last, histories.age
    chances = x + float(leaves_after_first)
    may_be_gone = chances > 0
    before = np.where(may_be_gone, b + chances - 1, 1.0)
    log_alive = -(r + x) * np.log(alpha + age)
    log_gone = np.where(
        may_be_gone, np.log(a) - np.log(before) - (r + x) * np.log(alpha + last), -np.inf
    )
    log_either = np.logaddexp(log_alive, log_gone)
    alive, gone = np.exp(log_alive - log_either), np.exp(log_gone - log_either)
    purchases = gammaln(r + x) - gammaln(r) + r * logs[1]
    survivals = gammaln(a + b) - gammaln(a + b + chances) + gammaln(b + chances) - gammaln(b)
    log_likelihood = purchases + survivals + log_either

    by_rate = digamma(r + x) - digamma(r) + logs[1]
    by_beta = digamma(a + b) - digamma(a + b + chances)
    gradient = np.array(
        [
            by_rate - alive * np.log(alpha + age) - gone * np.log(alpha + last),
            r / alpha - (r + x) * (alive / (alpha + age) + gone / (alpha + last)),
            by_beta + gone / a,
            by_beta + digamma(b + chances) - digamma(b) - gone / before,
        ]
    )
    return -float(weights @ log_likelihood), -(gradient @ weights) * np.exp(logs)
