"""What the model must be better than, on the same customers and dates.

Recency alone is what a spreadsheet would do; BG/NBD is what a marketing scientist would do with
order dates and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from ml.bg_nbd import BgNbd, Histories
from ml.config import TrainingSettings
from ml.customer_hash import keep_customers
from ml.logistic import fit_logistic
from ml.schemas import CHURNED, CUSTOMER_ID

RECENCY_COLUMNS = ("days_since_last_order", "days_since_last_activity")
HISTORY_COLUMNS = ("purchase_days_lifetime", "days_since_first_order", "days_since_last_order")
# Four parameters need no more customers than this.
MAX_BG_NBD_CUSTOMERS = 20_000
SAMPLE_SALT = 303


@dataclass(frozen=True)
class Baseline:
    """A baseline's probabilities on the holdout, or why it cannot be had."""

    name: str
    probabilities: NDArray[np.float64] | None
    note: str


def baselines(
    fitted_on: pa.Table, holdout: pa.Table, histories: pa.Table, settings: TrainingSettings
) -> list[Baseline]:
    """Both baselines' probabilities for the holdout's rows, in their order.

    Args:
        fitted_on: labelled rows from before the holdout, for the baseline that needs labels.
        holdout: the rows to judge on.
        histories: the customers known on the holdout date, for BG/NBD's own fit.
        settings: the horizon and the kind of churn.
    """
    return [recency(fitted_on, holdout), bg_nbd(holdout, histories, settings)]


def recency(fitted_on: pa.Table, holdout: pa.Table) -> Baseline:
    """Logistic regression on the logarithm of days since the last order, or last activity.

    Customers for whom it is unknown get the churn rate of such customers in training.
    """
    name = next((column for column in RECENCY_COLUMNS if _is_known(fitted_on, column)), None)
    if name is None or not _is_known(holdout, name):
        missing = " and ".join(RECENCY_COLUMNS)
        return Baseline("recency", None, f"not applicable: no customer has {missing}")
    labels = fitted_on[CHURNED].to_numpy()
    days, later = _numbers(fitted_on, name), _numbers(holdout, name)
    known = ~np.isnan(days)
    weights = fit_logistic(_log_days(days[known]), labels[known], np.zeros(2), np.full(2, 1e-6))
    unknown = labels[~known] if (~known).any() else labels
    probabilities = np.where(np.isnan(later), unknown.mean(), expit(_log_days(later) @ weights))
    return Baseline("recency", probabilities, f"logistic regression on log(1 + {name})")


def bg_nbd(holdout: pa.Table, histories: pa.Table, settings: TrainingSettings) -> Baseline:
    """BG/NBD's probability of no purchase within the horizon.

    Fitted on purchase histories as they stood on the holdout date: it reads no label, so this is
    as much as an analyst could have done on that day.
    """
    if settings.kind == "contractual":
        note = "not applicable: BG/NBD describes customers who leave without saying so"
        return Baseline("bg_nbd", None, note)
    for column in HISTORY_COLUMNS:
        if not _is_known(histories, column) or not _is_known(holdout, column):
            return Baseline("bg_nbd", None, f"not applicable: no customer has {column}")
    kept = keep_customers(histories[CUSTOMER_ID], MAX_BG_NBD_CUSTOMERS, SAMPLE_SALT)
    sample = _histories(histories.filter(pa.array(kept)))
    known = ~np.isnan(sample.age)
    if not (sample.repeats[known] > 0).any():
        return Baseline("bg_nbd", None, "not applicable: no customer has bought twice")
    model = BgNbd.fit(Histories(sample.repeats[known], sample.last[known], sample.age[known]))
    probabilities = model.probability_of_no_purchase(_histories(holdout), settings.horizon_days)
    # Without an order there is no history to speak of: such customers get the average.
    probabilities = np.where(np.isnan(probabilities), np.nanmean(probabilities), probabilities)
    note = (
        f"P(no purchase in {settings.horizon_days} days), fitted on {int(known.sum())} histories: "
        f"r={model.r:.3g}, alpha={model.alpha:.3g} days, a={model.a:.3g}, b={model.b:.3g}"
    )
    return Baseline("bg_nbd", probabilities, note)


def _histories(table: pa.Table) -> Histories:
    purchases, age, since = (_numbers(table, column) for column in HISTORY_COLUMNS)
    unknown = np.isnan(purchases) | np.isnan(age) | np.isnan(since)
    repeats = np.maximum(purchases - 1, 0)
    # One purchase day has no repeat: its last repeat is at age 0 by definition (section 2).
    last = np.where(repeats > 0, np.clip(age - since, 0, None), 0.0)
    return Histories(*(np.where(unknown, np.nan, part) for part in (repeats, last, age)))


def _is_known(table: pa.Table, column: str) -> bool:
    return column in table.column_names and table[column].null_count < len(table)


def _numbers(table: pa.Table, column: str) -> NDArray[np.float64]:
    return np.asarray(table[column].cast(pa.float64()).to_numpy())


def _log_days(days: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.log1p(np.maximum(days, 0.0)), np.ones(len(days))])
