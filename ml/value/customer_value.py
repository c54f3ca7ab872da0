"""Customer value of a retained customer: expected purchases times expected spending.

The purchase rate is the posterior mean of the BG/NBD, the spending that of the Gamma-Gamma model.
Both shrink a short history towards the company's mean. If gradient-boosted trees predict the net
revenue of eligible customers significantly better, they multiply this formula by a factor. A level
is fitted on past dates so that the sum of predictions equals the sum of net revenue.

The formula also stands in SQL (`expected_net_revenue` in dbt_project/macros/customers/value.sql),
which computes the published values from the parameters fitted here; a test compares the two.
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
from ml.purchases.bg_nbd import PurchaseRate
from ml.purchases.purchase_model import HISTORY_COLUMNS, PurchaseModel, histories_of
from ml.sampling import sample_customers
from ml.schemas import CHURNED, NEXT_REVENUE, VALUED_DAYS
from ml.value.gamma_gamma import GammaGamma
from ml.value.value_trees import Buyers, at_level, challenge, factors, rank_correlation

SPENT = "net_revenue_lifetime"
VALUE_COLUMNS = (*HISTORY_COLUMNS, SPENT, VALUED_DAYS)
DECILES = 10
# With 500,000 training rows the rank correlation of the trees on a holdout of 36,000 was .4826,
# with 200,000 .4803, with 100,000 .4791 in a third of the time, with 50,000 .4763; the formula's
# was .4526.
MAX_ROWS = 100_000
SAMPLE_SALT = 606

Values = NDArray[np.float64]


@dataclass(frozen=True)
class ValueModel:
    """Parameters of purchase rate and spending, and the level.

    The expected net revenue of a retained customer over t days, with n purchase days, the first T
    days ago, and a mean amount m per purchase day, is
    level · t (r + n − 1) / (α + T) · p (γ + n m) / (p n + q − 1).
    """

    r: float
    alpha: float
    p: float
    q: float
    gamma: float
    level: float

    def expected(self, table: pa.Table, days: float) -> Values:
        """Expected net revenue over `days` if retained, shape (rows,); NaN without purchases."""
        purchases = self._rate.purchases(histories_of(table), days)
        return self.level * purchases * self._spending(table)

    def expected_of_buyers(self, table: pa.Table, days: float) -> Values:
        """Expected net revenue over `days` given at least one purchase in them, shape (rows,)."""
        none = self._rate.probability_of_none(histories_of(table), days)
        return self.expected(table, days) / (1 - none)

    @property
    def _rate(self) -> PurchaseRate:
        return PurchaseRate(self.r, self.alpha)

    def _spending(self, table: pa.Table) -> Values:
        return GammaGamma(self.p, self.q, self.gamma).expected_value(*_spending_of(table))


@dataclass(frozen=True)
class ValueFigures:
    """Metrics of a prediction of net revenue within the horizon.

    `predicted` and `actual` are means by ascending decile of the prediction, of shape (10,) or
    fewer; `total_ratio` is the sum of predictions ÷ the sum of net revenue.
    """

    rank_correlation: float
    total_ratio: float
    predicted: Values
    actual: Values

    @classmethod
    def of(cls, buyers: Buyers) -> ValueFigures:
        """Compare the expected net revenue of buyers with their actual net revenue."""
        predicted, actual = buyers.expected, buyers.spent
        order = np.argsort(predicted, kind="stable")
        deciles = [part for part in np.array_split(order, DECILES) if len(part)]
        return cls(
            rank_correlation=rank_correlation(predicted, actual),
            total_ratio=float(predicted.sum() / actual.sum()) if actual.sum() > 0 else float("nan"),
            predicted=np.array([predicted[part].mean() for part in deciles]),
            actual=np.array([actual[part].mean() for part in deciles]),
        )


@dataclass(frozen=True)
class ValueResult:
    """A value model and its evaluation on the retained customers of the holdout.

    `formula` are the metrics of the formula alone, `chosen` those of the model in use, which has
    `trees` or equals the formula. `trees_gain` is the share of the formula's deviance that trees
    removed on the calibration dates; None with too few buyers to fit trees.
    """

    model: ValueModel
    trees: bytes | None
    trees_gain: float | None
    customers: int
    formula: ValueFigures
    chosen: ValueFigures

    def metrics(self) -> dict[str, float]:
        """Metrics by name; unknown metrics are NaN."""
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
    purchase_model: PurchaseModel | None,
    churn_model: ChurnModel,
    settings: TrainingSettings,
) -> ValueResult | None:
    """Fit the formula, compare it with trees on later dates, and evaluate both on the holdout.

    Args:
        histories: customers on the holdout date with `VALUE_COLUMNS`, for rate and spending.
        parts: labelled rows with the net revenue within the horizon. Trees are fitted on the
            training dates and selected on the calibration dates; the level is fitted on both.
        purchase_model: fitted on the histories.
        churn_model: the model whose features the trees read.
        settings: the boosting parameters.

    Returns:
        None if purchases or the net revenue that followed are unknown, as with contracts.
    """
    if purchase_model is None or not _is_known(histories, parts):
        return None
    days = purchase_model.horizon_days
    formula = _formula(histories, purchase_model)
    sampled = sample_customers(parts.train, MAX_ROWS, SAMPLE_SALT)
    train, calibration, holdout = (
        _buyers(formula, part, days) for part in (sampled, parts.calibration, parts.holdout)
    )
    past = train.and_also(calibration)
    if not past.expected.sum() > 0:
        return None
    level = past.level
    challenger = challenge(train, calibration, churn_model, settings)
    by_formula = chosen = holdout.times(level)
    trees = None
    if challenger and challenger.is_won:
        trees = at_level(challenger.booster, past.times(level), churn_model, settings.threads)
        chosen = by_formula.times(factors(trees, holdout.rows, churn_model, settings.threads))
    return ValueResult(
        model=replace(formula, level=level),
        trees=trees,
        trees_gain=challenger.deviance_gain if challenger else None,
        customers=len(holdout),
        formula=ValueFigures.of(by_formula),
        chosen=ValueFigures.of(chosen),
    )


def _is_known(histories: pa.Table, parts: Parts) -> bool:
    """Return whether purchases, and the net revenue after the labelled dates, are known."""
    needed = (*HISTORY_COLUMNS, SPENT)
    labelled = (parts.train, parts.calibration, parts.holdout)
    return all(is_known(histories, column) for column in needed) and all(
        is_known(part, column) for part in labelled for column in (*needed, NEXT_REVENUE)
    )


def _formula(histories: pa.Table, purchase_model: PurchaseModel) -> ValueModel:
    """The formula at level 1, fitted on the purchases of all customers without labels."""
    spending = GammaGamma.fit(*_spending_of(histories))
    rate = purchase_model.model.rate
    return ValueModel(rate.r, rate.alpha, spending.p, spending.q, spending.gamma, level=1.0)


def _spending_of(table: pa.Table) -> tuple[Values, Values]:
    """Purchase days with a known amount, and their mean amount, each of shape (rows,).

    Rows of an earlier release do not tell such days apart: there all of them count.
    """
    valued, spent = numbers(table[VALUED_DAYS]), numbers(table[SPENT])
    days = np.where(np.isfinite(valued), valued, numbers(table[HISTORY_COLUMNS[0]]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return days, spent / days


def _buyers(formula: ValueModel, part: pa.Table, days: int) -> Buyers:
    """Retained customers with a known history."""
    retained = part.filter(pc.invert(part[CHURNED]))
    expected = formula.expected_of_buyers(retained, days)
    spent = numbers(retained[NEXT_REVENUE])
    known = np.isfinite(expected) & np.isfinite(spent)
    return Buyers(retained.filter(pa.array(known)), expected[known], spent[known])
