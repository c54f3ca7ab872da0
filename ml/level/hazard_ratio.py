"""Hazard ratios: one factor on the hazard of returning of all customers of a date.

With p the probability of staying away for the horizon, −ln p is the cumulative hazard of a return.
A factor r on the hazard gives p to the power of r: every probability moves, and their order stays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

# Log factors beyond which the search ends: e^4 is 55 times the hazard.
LARGEST = 4.0
# Probabilities are clipped to this distance from 0 and 1, where the hazard is infinite or 0.
CLIP = 1e-6


def log_ratio(probabilities: NDArray[np.float64], away: float) -> float:
    """Log factor on the hazard at which the mean probability is a share of customers.

    Args:
        probabilities: probabilities of staying away, of shape (customers,), not empty.
        away: the share of these customers who stayed away, 0 to 1.

    Returns:
        The log factor, at most 4 in size; negative where more stayed away than expected.
    """
    clipped = np.clip(probabilities, CLIP, 1 - CLIP)

    def excess(value: float) -> float:
        return rate_at(clipped, value) - away

    if excess(-LARGEST) <= 0:
        return -LARGEST
    if excess(LARGEST) >= 0:
        return LARGEST
    return float(brentq(excess, -LARGEST, LARGEST, xtol=1e-10))


def rate_at(probabilities: NDArray[np.float64], value: float) -> float:
    """Mean probability of staying away with the log factor on the hazard."""
    return float(np.mean(probabilities ** np.exp(value)))


def rate_slope(probabilities: NDArray[np.float64], value: float) -> float:
    """Derivative of `rate_at` by the log factor; negative or 0."""
    hazard = -np.log(np.clip(probabilities, CLIP, 1 - CLIP)) * np.exp(value)
    return float(np.mean(-hazard * np.exp(-hazard)))
