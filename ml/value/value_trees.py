"""Value trees: gradient-boosted trees on the formula of customer value, by all features.

The second part of a two-part model: the churn model predicts retention, the trees predict the net
revenue of retained customers. They start from the logarithm of the formula (XGBoost's
`base_margin`). The stored booster predicts the factor on the formula.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import xgboost as xgb
from numpy.typing import NDArray
from scipy.stats import spearmanr

from ml.churn.gradient_boosting import BoostingData, Margins, Objective, fit_booster
from ml.churn.model import ChurnModel
from ml.config import TrainingSettings
from ml.schemas import CUSTOMER_ID

Values = NDArray[np.float64]

# Share of the formula's deviance on later dates that trees must remove. These dates also stop the
# boosting, which biases the gain upwards. In simulations in which the formula was the truth, the
# gain was 1 % in 2 of 100 trials and 2 % in none of 300, with 200 to 2,000 later buyers; with 100
# buyers it was 2 % in 17 of 100. Each customer is counted once, on however many dates.
LEAST_GAIN = 0.02
LEAST_BUYERS = 200
# The level is the ratio of sums on past dates; a ratio beyond this is an error of the data.
MAX_LEVEL = 4.0


def gamma_loss(spent: Values, margins: Margins) -> float:
    """Mean negative log likelihood of a gamma distribution of shape 1, by the log of its mean."""
    return float(np.mean(spent * np.exp(-margins) + margins))


SPENDING = Objective("reg:gamma", "gamma-nloglik", gamma_loss, neutral=1.0)


@dataclass(frozen=True)
class Buyers:
    """Retained customers with a known history.

    `rows` are their features; `expected` is the predicted net revenue within the horizon, `spent`
    the actual one, each of shape (rows,).
    """

    rows: pa.Table
    expected: Values
    spent: Values

    def __len__(self) -> int:
        return len(self.spent)

    @property
    def customers(self) -> int:
        """Number of distinct customers."""
        return len(self.rows[CUSTOMER_ID].unique())

    @property
    def level(self) -> float:
        """Sum of actual ÷ sum of predicted net revenue, clipped to `MAX_LEVEL`."""
        return float(np.clip(self.spent.sum() / self.expected.sum(), 1 / MAX_LEVEL, MAX_LEVEL))

    def times(self, factors: Values | float) -> Buyers:
        """The same buyers with predictions multiplied by the factors, (rows,) or one number."""
        return replace(self, expected=self.expected * factors)

    def and_also(self, others: Buyers) -> Buyers:
        """Both groups of buyers, these first."""
        return Buyers(
            pa.concat_tables([self.rows, others.rows]),
            np.concatenate([self.expected, others.expected]),
            np.concatenate([self.spent, others.spent]),
        )

    def with_revenue(self) -> Buyers:
        """Buyers with positive net revenue, the support of the gamma distribution."""
        paid = self.spent > 0
        return Buyers(self.rows.filter(pa.array(paid)), self.expected[paid], self.spent[paid])


@dataclass(frozen=True)
class Challenge:
    """Trees compared with the formula on later buyers.

    `deviance_gain` is the share of the formula's deviance that they removed, `rank_gain` their rank
    correlation with the net revenue minus that of the formula.
    """

    booster: bytes
    deviance_gain: float
    rank_gain: float

    @property
    def is_won(self) -> bool:
        """Return whether the gain exceeds noise and the rank correlation is no smaller."""
        return self.deviance_gain >= LEAST_GAIN and self.rank_gain >= 0


def challenge(
    earlier: Buyers, later: Buyers, model: ChurnModel, settings: TrainingSettings
) -> Challenge | None:
    """Fit trees on earlier buyers, and stop and evaluate them on later ones.

    Args:
        earlier: buyers of the training dates.
        later: buyers of the calibration dates.
        model: the churn model whose features the trees read.
        settings: the boosting parameters.

    Returns:
        None with fewer than 200 distinct customers in either group.
    """
    earlier, later = earlier.with_revenue(), later.with_revenue()
    if min(earlier.customers, later.customers) < LEAST_BUYERS:
        return None
    grown, stopping = (_rows(buyers, model) for buyers in (earlier, later))
    boosted = fit_booster(grown, stopping, model.preprocessor, settings, objective=SPENDING)
    predicted = later.expected * factors(boosted.booster, later.rows, model, settings.threads)
    of_formula = deviance(later.spent, later.expected)
    return Challenge(
        booster=boosted.booster,
        deviance_gain=1 - deviance(later.spent, predicted) / of_formula if of_formula > 0 else 0.0,
        rank_gain=rank_correlation(predicted, later.spent)
        - rank_correlation(later.expected, later.spent),
    )


def factors(booster: bytes, rows: pa.Table, model: ChurnModel, threads: int) -> Values:
    """Factor of the trees on the formula of each row, shape (rows,)."""
    return replace(model, value_trees=booster).value_factors(rows, threads)


def at_level(booster: bytes, past: Buyers, model: ChurnModel, threads: int) -> bytes:
    """The booster at the level at which the predictions of past buyers sum to their revenue."""
    loaded = xgb.Booster(model_file=bytearray(booster))
    # The prediction is `base_score` times the exponential of the sum of leaves.
    predicted = past.times(factors(booster, past.rows, model, threads))
    loaded.set_param({"base_score": predicted.level})
    return bytes(loaded.save_raw("ubj"))


def deviance(spent: Values, expected: Values) -> float:
    """Mean gamma deviance of the net revenue, at the level of `expected` that minimises it.

    McCullagh, Nelder: Generalized Linear Models, 1989, section 8.3. The level is excluded because
    it is fitted afterwards, on all past dates.
    """
    ratios = spent / expected
    return float(2 * (np.log(ratios.mean()) - np.log(ratios).mean()))


def rank_correlation(predicted: Values, actual: Values) -> float:
    """Spearman's rank correlation; NaN if all predictions, or all amounts, are equal."""
    if len(predicted) < 2 or not (np.ptp(predicted) > 0 and np.ptp(actual) > 0):
        return float("nan")
    return float(spearmanr(predicted, actual).statistic)


def _rows(buyers: Buyers, model: ChurnModel) -> BoostingData:
    """Boosting data at the best level of the formula, so that trees do not fit a season."""
    level = (buyers.spent / buyers.expected).mean()
    matrix = model.preprocessor.transform(model.extend(buyers.rows))
    return BoostingData(matrix, buyers.spent, np.log(level * buyers.expected))
