"""Sample-ratio check: comparison of the arms' sizes with the planned shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

Values = NDArray[np.float64]


def sample_ratio_p_value(treated: Values, customers: Values, planned_share: Values) -> Values:
    """Two-sided binomial p-value of the number of treated customers, elementwise; NaN without any.

    Exact for one planned share. Where shares differ between customers, their mean gives at least
    the true variance, so the check is conservative (Hoeffding: On the Distribution of the Number of
    Successes in Independent Trials, Annals of Mathematical Statistics 27, 1956). The p-value is
    twice the smaller tail. Fabijan et al.: Diagnosing Sample Ratio Mismatch in Online Controlled
    Experiments, KDD 2019, describe the check and its causes.

    Args:
        treated: customers in the treatment arm, of those with a planned share.
        customers: customers in both arms, of those with a planned share.
        planned_share: mean of their planned shares.
    """
    lower = binom.cdf(treated, customers, planned_share)
    upper = binom.sf(treated - 1, customers, planned_share)
    p_value = np.minimum(1, 2 * np.minimum(lower, upper))
    return np.where(customers > 0, p_value, np.nan)
