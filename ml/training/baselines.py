"""Baselines on the same customers and dates: recency, RFM regression and BG/NBD."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from ml.churn.logistic import fit_logistic
from ml.columns import is_known, numbers
from ml.config import TrainingSettings
from ml.purchases.purchase_model import PurchaseModel
from ml.schemas import labels_of

RECENCY_COLUMNS = ("days_since_last_order", "days_since_last_activity")
# Recency, frequency, monetary value and tenure of shop customers and of contract customers.
RFM_COLUMNS = {
    "non_contractual": (
        "days_since_last_order",
        "purchase_days_lifetime",
        "net_revenue_lifetime",
        "days_since_first_order",
    ),
    "contractual": (
        "days_since_last_activity",
        "active_days_90d",
        "monthly_amount",
        "contract_tenure_days",
    ),
}


@dataclass(frozen=True)
class Baseline:
    """Probabilities of a baseline on the holdout, shape (rows,); None if not applicable.

    `note` describes the baseline, or the reason why it is not applicable.
    """

    name: str
    probabilities: NDArray[np.float64] | None
    note: str


def baselines(
    past: pa.Table,
    holdout: pa.Table,
    purchase_model: PurchaseModel | None,
    settings: TrainingSettings,
) -> list[Baseline]:
    """All baselines of the holdout rows, with probabilities in the order of the rows.

    Args:
        past: labelled rows before the holdout, for the regressions.
        holdout: the rows to predict.
        purchase_model: fitted on purchase histories as of the holdout date, without labels.
        settings: the horizon and the kind of churn.
    """
    return [
        recency(past, holdout),
        rfm(past, holdout, settings),
        bg_nbd(holdout, purchase_model, settings),
    ]


def recency(past: pa.Table, holdout: pa.Table) -> Baseline:
    """Logistic regression on the logarithm of days since the last order or activity.

    Customers with an unknown value get the churn rate of such customers in training.
    """
    name = next((column for column in RECENCY_COLUMNS if is_known(past, column)), None)
    if name is None or not is_known(holdout, name):
        missing = " and ".join(RECENCY_COLUMNS)
        return Baseline("recency", None, f"not applicable: no customer has {missing}")
    probabilities = _regression(past, holdout, [name])
    return Baseline("recency", probabilities, f"logistic regression on log(1 + {name})")


def rfm(past: pa.Table, holdout: pa.Table, settings: TrainingSettings) -> Baseline:
    """Logistic regression on the logarithms of recency, frequency, monetary value and tenure.

    Customers with an unknown value get the churn rate of such customers in training.
    """
    wanted = RFM_COLUMNS[settings.kind]
    names = [name for name in wanted if is_known(past, name) and is_known(holdout, name)]
    if len(names) < 2:
        note = f"not applicable: customers have fewer than two of {', '.join(wanted)}"
        return Baseline("rfm", None, note)
    note = f"logistic regression on the logarithms of {', '.join(names)}"
    return Baseline("rfm", _regression(past, holdout, names), note)


def bg_nbd(
    holdout: pa.Table, purchase_model: PurchaseModel | None, settings: TrainingSettings
) -> Baseline:
    """Probability of no purchase within the horizon by BG/NBD or MBG/NBD."""
    if settings.kind == "contractual":
        note = "not applicable: the model describes unobserved dropout, and contracts end on a date"
        return Baseline("bg_nbd", None, note)
    if purchase_model is None:
        return Baseline("bg_nbd", None, "not applicable: no customer has bought twice")
    probabilities = purchase_model.probability_of_no_purchase(holdout)
    if np.isnan(probabilities).all():
        return Baseline("bg_nbd", None, "not applicable: no customer of the holdout has bought")
    # Customers without an order have no history and get the mean of the others.
    probabilities = np.where(np.isnan(probabilities), np.nanmean(probabilities), probabilities)
    model = purchase_model.model
    name = "MBG/NBD" if model.leaves_after_first else "BG/NBD"
    note = (
        f"{name}'s P(no purchase in {settings.horizon_days} days): "
        f"r={model.r:.3g}, alpha={model.alpha:.3g} days, a={model.a:.3g}, b={model.b:.3g}"
    )
    return Baseline("bg_nbd", probabilities, note)


def _regression(past: pa.Table, holdout: pa.Table, names: list[str]) -> NDArray[np.float64]:
    labels = labels_of(past)
    columns, later = _logs(past, names), _logs(holdout, names)
    known, known_later = ~np.isnan(columns).any(axis=1), ~np.isnan(later).any(axis=1)
    weak = np.full(columns.shape[1], 1e-6)
    weights = fit_logistic(columns[known], labels[known], np.zeros(columns.shape[1]), weak)
    unknown = labels[~known] if (~known).any() else labels
    predicted = expit(np.nan_to_num(later) @ weights)
    return np.asarray(np.where(known_later, predicted, unknown.mean()))


def _logs(table: pa.Table, names: list[str]) -> NDArray[np.float64]:
    """log(1 + x) of each column and a column of ones, shape (rows, names + 1)."""
    columns = [np.log1p(np.maximum(numbers(table[name]), 0.0)) for name in names]
    return np.column_stack([*columns, np.ones(len(table))])
