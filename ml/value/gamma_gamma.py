"""Gamma-Gamma model of the amount that a customer spends on a purchase day.

Fader, Hardie: The Gamma-Gamma Model of Monetary Value, 2013, note 025. The amounts of a customer's
purchase days are Gamma(p, ν), and ν ~ Gamma(q, γ) over customers, independent of the purchase rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln

from ml.errors import ModelError

Values = NDArray[np.float64]
# For q ≤ 1 the mean over customers is infinite.
SMALLEST_Q = 1.05


@dataclass(frozen=True)
class GammaGamma:
    """Parameters p and q, and γ in the currency of the amounts."""

    p: float
    q: float
    gamma: float

    @classmethod
    def fit(cls, days: Values, mean_value: Values) -> GammaGamma:
        """Fit by maximum likelihood (equation 1a) on customers with a positive mean amount.

        Args:
            days: number of purchase days, shape (customers,).
            mean_value: mean amount of these days, shape (customers,).

        Raises:
            ModelError: fewer than two customers have a positive mean amount.
        """
        usable = (days > 0) & (mean_value > 0) & np.isfinite(mean_value)
        if usable.sum() < 2:
            raise ModelError("fewer than two customers have spent anything")
        x, unit = days[usable], float(mean_value[usable].mean())
        z = mean_value[usable] / unit
        found = minimize(
            _mean_loss,
            x0=np.array([0.0, 1.0, 0.0]),
            args=(x, z),
            method="L-BFGS-B",
            bounds=[(-8.0, 8.0), (np.log(SMALLEST_Q - 1.0), 8.0), (-8.0, 8.0)],
        )
        p, q, gamma = float(np.exp(found.x[0])), 1 + float(np.exp(found.x[1])), found.x[2]
        return cls(p, q, float(np.exp(gamma)) * unit)

    def expected_value(self, days: Values, mean_value: Values) -> Values:
        """Expected amount of the next purchase day, shape (customers,): equation 5.

        The customer's mean, shrunk towards the population mean, more with fewer purchase days; the
        population mean p γ / (q − 1) without any.
        """
        seen = np.where(np.isfinite(mean_value) & (mean_value > 0), days, 0.0)
        own = np.where(seen > 0, mean_value, 0.0)
        return np.asarray(self.p * (self.gamma + seen * own) / (self.p * seen + self.q - 1))


def _mean_loss(parameters: Values, x: Values, z: Values) -> float:
    p, q, gamma = np.exp(parameters[0]), 1 + np.exp(parameters[1]), np.exp(parameters[2])
    log_likelihood = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(gamma)
        + (p * x - 1) * np.log(z)
        + p * x * np.log(x)
        - (p * x + q) * np.log(gamma + x * z)
    )
    return -float(log_likelihood.mean())
