"""The beta-geometric models of customers who buy at random and one day silently stop.

While alive a customer buys at Poisson rate λ ~ Gamma(r, α) and drops out with probability
p ~ Beta(a, b) after each repeat purchase (BG/NBD: Fader, Hardie, Lee: "Counting Your Customers" the
Easy Way, Marketing Science 24(2), 2005), or after every purchase, the first one included (MBG/NBD:
Batislam, Denizel, Filiztekin: Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24(3), 2007). To the first a customer who
bought once is alive for certain; the second tells those who only ever came once.
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
class PurchaseRate:
    """How often customers who stay buy: Poisson rates λ ~ Gamma(r, α), α in days.

    A history draws λ to Gamma(r + x, α + T), the rate's posterior.
    """

    r: float
    alpha: float

    def purchases(self, histories: Histories, days: float) -> Values:
        """Expected in the next `days`, (customers,): the posterior's mean times the days."""
        return np.asarray((self.r + histories.repeats) / (self.alpha + histories.age) * days)

    def probability_of_none(self, histories: Histories, days: float) -> Values:
        """Probability of none in the next `days`: ((α + T) / (α + T + t))^(r + x), (customers,)."""
        seen = self.alpha + histories.age
        return np.asarray(
            np.exp((self.r + histories.repeats) * (np.log(seen) - np.log(seen + days)))
        )


@dataclass(frozen=True)
class BgNbd:
    """Parameters r, α (in days), a and b; `leaves_after_first` makes it the MBG/NBD.

    `log_likelihood` is that of the histories it was fitted on, in days.
    """

    r: float
    alpha: float
    a: float
    b: float
    leaves_after_first: bool = False
    log_likelihood: float = float("nan")

    @classmethod
    def best(cls, histories: Histories) -> BgNbd:
        """Whichever of the two kinds makes the histories likelier; both have four parameters.

        Raises:
            ValueError: there is no repeat purchase.
        """
        kinds = [cls.fit(histories, leaves_after_first=kind) for kind in (False, True)]
        return max(kinds, key=lambda model: model.log_likelihood)

    @classmethod
    def fit(cls, histories: Histories, *, leaves_after_first: bool = False) -> BgNbd:
        """Maximum likelihood with its exact gradient, by L-BFGS.

        BG/NBD: section 4.4, equation 6. MBG/NBD has one more chance to leave: x + 1 for x in what
        the beta distribution says.

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
            args=(grouped, counts / counts.sum(), leaves_after_first),
            jac=True,
            method="L-BFGS-B",
            # e^±12 is far beyond any company; the bounds stop a flat likelihood from overflowing.
            bounds=[(-12.0, 12.0)] * 4,
        )
        r, alpha, a, b = (float(value) for value in np.exp(found.x))
        # Ages in units make each purchase's density larger by the unit.
        scale = np.log(unit) * float(grouped.repeats @ counts)
        log_likelihood = -float(found.fun) * float(counts.sum()) - scale
        return cls(r, alpha * unit, a, b, leaves_after_first, log_likelihood)

    @property
    def rate(self) -> PurchaseRate:
        """How often those buy who have not left."""
        return PurchaseRate(self.r, self.alpha)

    def chances_to_leave(self, histories: Histories) -> Values:
        """After how many of the purchases seen the customer might have left, shape (customers,)."""
        return histories.repeats + float(self.leaves_after_first)

    def probability_alive(self, histories: Histories) -> Values:
        """Probability of not having dropped out by now, shape (customers,).

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
        """Expected in the next `days` of a customer who stays throughout, shape (customers,)."""
        return self.rate.purchases(histories, days)

    def probability_of_no_purchase(self, histories: Histories, days: float) -> Values:
        """Probability of no purchase in the next `days`, shape (customers,).

        P(X(t) = 0) = 1 − P(alive) · (1 − P(a living customer buys nothing)).
        """
        silent = self.rate.probability_of_none(histories, days)
        return np.asarray(1.0 - self.probability_alive(histories) * (1.0 - silent))


def _mean_loss(
    logs: Values, histories: Histories, weights: Values, leaves_after_first: bool
) -> tuple[float, Values]:
    """Negative mean log likelihood and its gradient by the logarithms of r, α, a, b."""
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
