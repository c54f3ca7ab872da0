"""The simple model below the trees: logistic regression on what everybody knows to matter.

Its log odds are where boosting starts (XGBoost's `base_margin`), so that trees learn only what
it misses; where they find nothing, it is the model. On four public purchase logs plain trees were
between 0.015 worse and 0.012 better than such a model: there is little to find, and much to lose.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.logistic import fit_logistic
from ml.columns import is_known, numbers
from ml.purchases.purchase_process import NO_PURCHASE

# Amounts and counts act by their ratios, so by their logarithms.
SCALES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "linear": lambda values: values,
    "log": lambda values: np.sign(values) * np.log1p(np.abs(values)),
}
# Rhythm, recency, frequency, money and tenure of a shop's customer, and of a contract's.
COLUMNS = {
    NO_PURCHASE: "linear",
    "days_since_last_order": "log",
    "purchase_days_lifetime": "log",
    "orders_365d": "log",
    "orders_90d": "log",
    "net_revenue_365d": "log",
    "days_since_first_order": "log",
    "overdue_ratio": "log",
    "contract_tenure_days": "log",
    "monthly_amount": "log",
    "auto_renew_share": "linear",
    "active_days_90d": "log",
}
# Prior precision of a standardised coefficient: worth one customer in the middle.
RIDGE = 1.0


@dataclass(frozen=True)
class Term:
    """One column: scaled, centred, divided by its spread, times the weight; 0 where unknown."""

    column: str
    scale: str
    mean: float
    spread: float
    weight: float = 0.0

    def standardised(self, table: pa.Table) -> NDArray[np.float64]:
        """Shape (rows,); 0, the mean, where the value is unknown."""
        scaled = SCALES[self.scale](numbers(table[self.column]))
        return np.nan_to_num((scaled - self.mean) / self.spread, nan=0.0)


@dataclass(frozen=True)
class LinearBase:
    """Terms and intercept; without terms it says the base rate of everybody."""

    intercept: float
    terms: tuple[Term, ...]

    @classmethod
    def fit(cls, table: pa.Table, labels: NDArray[np.bool_]) -> LinearBase:
        """Fit on the columns of `COLUMNS` that the table has and that vary."""
        terms = []
        for column, scale in COLUMNS.items():
            if not is_known(table, column):
                continue
            scaled = SCALES[scale](numbers(table[column]))
            mean, spread = float(np.nanmean(scaled)), float(np.nanstd(scaled))
            if spread > 0:
                terms.append(Term(column, scale, mean, spread))
        columns = [term.standardised(table) for term in terms]
        design = np.column_stack([*columns, np.ones(len(table))])
        precision = np.append(np.full(len(terms), RIDGE), 1e-6)
        weights = fit_logistic(design, labels, np.zeros(len(terms) + 1), precision)
        fitted = (
            Term(term.column, term.scale, term.mean, term.spread, float(weight))
            for term, weight in zip(terms, weights[:-1], strict=True)
        )
        return cls(float(weights[-1]), tuple(fitted))

    def margins(self, table: pa.Table) -> NDArray[np.float64]:
        """Log odds of leaving, shape (rows,)."""
        total = np.full(len(table), self.intercept)
        for term in self.terms:
            total += term.weight * term.standardised(table)
        return total

    def contributions(self, table: pa.Table, features: list[str]) -> NDArray[np.float32]:
        """What each feature adds to the log odds beyond the average customer's.

        Shape (rows, features), in the order of `features`: exact Shapley values of a linear model
        whose columns are taken as independent.
        """
        values = np.zeros((len(table), len(features)), dtype=np.float32)
        for term in self.terms:
            values[:, features.index(term.column)] = term.weight * term.standardised(table)
        return values

    def to_json(self) -> str:
        """The terms as JSON text; floats keep every bit."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> LinearBase:
        """Read what `to_json` wrote."""
        stored = json.loads(text)
        return cls(stored["intercept"], tuple(Term(**term) for term in stored["terms"]))
