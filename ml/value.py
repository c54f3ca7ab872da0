"""What a customer is worth while they stay: expected purchases times expected spending.

Purchases come at the rate that the customer's own history tells of them (BG/NBD's posterior mean),
spending by the Gamma-Gamma model. Both draw a short history towards the company's average, so that
one large first order is no fortune. A level, fitted on the past dates, makes the sums come true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import spearmanr

from ml.bg_nbd import PurchaseRate
from ml.columns import is_known, numbers
from ml.gamma_gamma import GammaGamma
from ml.purchase_process import HISTORY_COLUMNS, PurchaseProcess, histories_of
from ml.schemas import CHURNED, NEXT_REVENUE

SPENT = "net_revenue_lifetime"
VALUE_COLUMNS = (*HISTORY_COLUMNS, SPENT)
DECILES = 10
# The level is what the sums were off by on past dates; beyond this something else is wrong.
MAX_LEVEL = 4.0

Values = NDArray[np.float64]


@dataclass(frozen=True)
class ValueModel:
    """Parameters of rate and spending, and the level.

    Expected net revenue over t days of a customer who stays, with n days of purchase, the first of
    them T days ago, and a mean m a day:
    level · t (r + n − 1) / (α + T) · p (γ + n m) / (p n + q − 1).
    """

    r: float
    alpha: float
    p: float
    q: float
    gamma: float
    level: float

    def expected(self, table: pa.Table, days: float) -> Values:
        """Net revenue over the next `days` if the customer stays, (rows,); NaN without purchase."""
        purchases = self._rate.purchases(histories_of(table), days)
        return self.level * purchases * self._spending(table)

    def expected_of_buyers(self, table: pa.Table, days: float) -> Values:
        """The same of those who buy at least once within the days: what can be checked."""
        none = self._rate.probability_of_none(histories_of(table), days)
        return self.expected(table, days) / (1 - none)

    @property
    def _rate(self) -> PurchaseRate:
        return PurchaseRate(self.r, self.alpha)

    def _spending(self, table: pa.Table) -> Values:
        days, spent = numbers(table[HISTORY_COLUMNS[0]]), numbers(table[SPENT])
        with np.errstate(divide="ignore", invalid="ignore"):
            return GammaGamma(self.p, self.q, self.gamma).expected_value(days, spent / days)


@dataclass(frozen=True)
class ValueResult:
    """A value model and how it did on the holdout's customers who stayed.

    `predicted` and `actual` are mean net revenue within the horizon by tenth of the prediction,
    smallest first, each of shape (10,) or fewer; `total_ratio` is predicted ÷ actual of all.
    """

    model: ValueModel
    customers: int
    rank_correlation: float
    total_ratio: float
    predicted: Values
    actual: Values

    def metrics(self) -> dict[str, float]:
        """Figures by name."""
        return {
            "value_customers": float(self.customers),
            "value_rank_correlation": self.rank_correlation,
            "value_total_ratio": self.total_ratio,
        }


def fit_value(
    histories: pa.Table,
    past: pa.Table,
    holdout: pa.Table,
    process: PurchaseProcess | None,
) -> ValueResult | None:
    """Fit on purchase histories, set the level on past dates, judge on the holdout.

    Args:
        histories: customers on the holdout date with `VALUE_COLUMNS`.
        past: labelled rows from before the holdout, with the net revenue that followed.
        holdout: labelled rows.
        process: the purchase process of the histories.

    Returns:
        None where purchases or what followed them are not known, as with contracts.
    """
    if process is None or not all(
        is_known(table, column)
        for table, columns in (
            (histories, VALUE_COLUMNS),
            (past, (*VALUE_COLUMNS, NEXT_REVENUE)),
            (holdout, (*VALUE_COLUMNS, NEXT_REVENUE)),
        )
        for column in columns
    ):
        return None
    days, spent = numbers(histories[HISTORY_COLUMNS[0]]), numbers(histories[SPENT])
    with np.errstate(divide="ignore", invalid="ignore"):
        spending = GammaGamma.fit(days, spent / days)
    counts = process.model
    unlevelled = ValueModel(
        counts.r, counts.alpha, spending.p, spending.q, spending.gamma, level=1.0
    )
    expected, followed = _of_buyers(unlevelled, past, process.horizon_days)
    if not expected.sum() > 0:
        return None
    level = float(np.clip(followed.sum() / expected.sum(), 1 / MAX_LEVEL, MAX_LEVEL))
    model = ValueModel(counts.r, counts.alpha, spending.p, spending.q, spending.gamma, level)
    return _judged(model, *_of_buyers(model, holdout, process.horizon_days))


def _of_buyers(model: ValueModel, rows: pa.Table, days: int) -> tuple[Values, Values]:
    """Expected and actual net revenue of those who stayed and whose history is known."""
    stayed = rows.filter(pc.invert(rows[CHURNED]))
    expected, followed = model.expected_of_buyers(stayed, days), numbers(stayed[NEXT_REVENUE])
    known = np.isfinite(expected) & np.isfinite(followed)
    return expected[known], followed[known]


def _judged(model: ValueModel, predicted: Values, actual: Values) -> ValueResult:
    order = np.argsort(predicted, kind="stable")
    tenths = [part for part in np.array_split(order, DECILES) if len(part)]
    ranked = len(predicted) > 1 and np.ptp(predicted) > 0 and np.ptp(actual) > 0
    return ValueResult(
        model=model,
        customers=len(predicted),
        rank_correlation=float(spearmanr(predicted, actual).statistic) if ranked else float("nan"),
        total_ratio=float(predicted.sum() / actual.sum()) if actual.sum() > 0 else float("nan"),
        predicted=np.array([predicted[part].mean() for part in tenths]),
        actual=np.array([actual[part].mean() for part in tenths]),
    )
