"""What a customer is worth while they stay: expected purchases times expected spending.

Purchases come at the rate that the customer's own history tells of them (BG/NBD's posterior mean),
spending by the Gamma-Gamma model. Both draw a short history towards the company's average, so that
one large first order is no fortune. Where trees clearly tell more of the eligible customers, they
raise or lower this formula. A level, fitted on the past dates, makes the sums come true.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.churn.model import ChurnModel
from ml.churn.split import Parts
from ml.columns import is_known, numbers
from ml.config import TrainingSettings
from ml.customer_hash import sample_customers
from ml.purchases.bg_nbd import PurchaseRate
from ml.purchases.purchase_process import HISTORY_COLUMNS, PurchaseProcess, histories_of
from ml.schemas import CHURNED, NEXT_REVENUE
from ml.value.gamma_gamma import GammaGamma
from ml.value.value_trees import Buyers, at_level, challenge, factors, rank_correlation

SPENT = "net_revenue_lifetime"
VALUE_COLUMNS = (*HISTORY_COLUMNS, SPENT)
DECILES = 10
# Training rows beyond these take time and say little more: with 500,000 the trees' rank correlation
# on a holdout of 36,000 was .4826, with 200,000 .4803, with 100,000 .4791 in a third of the time,
# with 50,000 .4763; the formula's was .4526.
MAX_ROWS = 100_000
SAMPLE_SALT = 606

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
class ValueFigures:
    """How a prediction of net revenue within the horizon holds.

    `predicted` and `actual` are means by tenth of the prediction, smallest first, each of shape
    (10,) or fewer; `total_ratio` is predicted ÷ actual of all.
    """

    rank_correlation: float
    total_ratio: float
    predicted: Values
    actual: Values

    @classmethod
    def of(cls, buyers: Buyers) -> ValueFigures:
        """Hold what was expected of them against what they spent."""
        predicted, actual = buyers.expected, buyers.spent
        order = np.argsort(predicted, kind="stable")
        tenths = [part for part in np.array_split(order, DECILES) if len(part)]
        return cls(
            rank_correlation=rank_correlation(predicted, actual),
            total_ratio=float(predicted.sum() / actual.sum()) if actual.sum() > 0 else float("nan"),
            predicted=np.array([predicted[part].mean() for part in tenths]),
            actual=np.array([actual[part].mean() for part in tenths]),
        )


@dataclass(frozen=True)
class ValueResult:
    """What customers are worth, and how it held on the holdout's customers who stayed.

    `formula` are the figures of the value model alone, `chosen` those of what is used: the same
    unless there are `trees`. `trees_gain` is the share of the formula's deviance that trees took
    off on the calibration dates; None where too few bought to grow any.
    """

    model: ValueModel
    trees: bytes | None
    trees_gain: float | None
    customers: int
    formula: ValueFigures
    chosen: ValueFigures

    def metrics(self) -> dict[str, float]:
        """Figures by name; those that are not known are NaN."""
        return {
            "value_customers": float(self.customers),
            "value_rank_correlation": self.chosen.rank_correlation,
            "value_total_ratio": self.chosen.total_ratio,
            "value_formula_rank_correlation": self.formula.rank_correlation,
            "value_formula_total_ratio": self.formula.total_ratio,
            "value_trees_gain": float("nan") if self.trees_gain is None else self.trees_gain,
        }


def fit_value(
    histories: pa.Table,
    parts: Parts,
    process: PurchaseProcess | None,
    churn_model: ChurnModel,
    settings: TrainingSettings,
) -> ValueResult | None:
    """Fit the formula, let trees challenge it on later dates, and judge both on the holdout.

    Args:
        histories: customers on the holdout date with `VALUE_COLUMNS`, for rate and spending.
        parts: labelled rows with the net revenue that followed. Trees grow on the training dates
            and are chosen on the calibration dates; the levels are those of both.
        process: the purchase process of the histories.
        churn_model: the model whose features the trees read.
        settings: the boosting parameters.

    Returns:
        None where purchases or what followed them are not known, as with contracts.
    """
    if process is None or not _is_told(histories, parts):
        return None
    days = process.horizon_days
    formula = _formula(histories, process)
    sampled = sample_customers(parts.train, MAX_ROWS, SAMPLE_SALT)
    train, calibration, holdout = (
        _buyers(formula, part, days) for part in (sampled, parts.calibration, parts.holdout)
    )
    past = train.and_also(calibration)
    if not past.expected.sum() > 0:
        return None
    level = past.level
    held = challenge(train, calibration, churn_model, settings)
    told = better = holdout.times(level)
    trees = None
    if held and held.is_won:
        trees = at_level(held.booster, past.times(level), churn_model, settings.threads)
        better = told.times(factors(trees, told.rows, churn_model, settings.threads))
    return ValueResult(
        model=replace(formula, level=level),
        trees=trees,
        trees_gain=held.deviance_gain if held else None,
        customers=len(told),
        formula=ValueFigures.of(told),
        chosen=ValueFigures.of(better),
    )


def _is_told(histories: pa.Table, parts: Parts) -> bool:
    """Whether purchases, and on the labelled dates what followed them, are known."""
    labelled = (parts.train, parts.calibration, parts.holdout)
    return all(is_known(histories, column) for column in VALUE_COLUMNS) and all(
        is_known(part, column) for part in labelled for column in (*VALUE_COLUMNS, NEXT_REVENUE)
    )


def _formula(histories: pa.Table, process: PurchaseProcess) -> ValueModel:
    """The value model without a level, from all customers' purchases; no outcome is read."""
    days, spent = numbers(histories[HISTORY_COLUMNS[0]]), numbers(histories[SPENT])
    with np.errstate(divide="ignore", invalid="ignore"):
        spending = GammaGamma.fit(days, spent / days)
    rate = process.model.rate
    return ValueModel(rate.r, rate.alpha, spending.p, spending.q, spending.gamma, level=1.0)


def _buyers(formula: ValueModel, part: pa.Table, days: int) -> Buyers:
    """Those who stayed and whose history is known."""
    stayed = part.filter(pc.invert(part[CHURNED]))
    expected, spent = formula.expected_of_buyers(stayed, days), numbers(stayed[NEXT_REVENUE])
    known = np.isfinite(expected) & np.isfinite(spent)
    return Buyers(stayed.filter(pa.array(known)), expected[known], spent[known])
