"""Trees that raise or lower what the formula says a customer is worth, by all else that is known.

The second of two parts: the churn model says who stays, and this what those spend who do. The trees
start from the logarithm of the formula (XGBoost's `base_margin`) and learn only what it misses. The
stored booster predicts the factor by which the formula is multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import xgboost as xgb
from numpy.typing import NDArray
from scipy.stats import spearmanr

from ml.churn.boost import Margins, Objective, Rows, boost
from ml.churn.model import ChurnModel
from ml.config import TrainingSettings
from ml.schemas import CUSTOMER_ID

Values = NDArray[np.float64]

# What trees must take off the formula's deviance on later dates. Those dates also stop the trees,
# which flatters them: where the formula was the truth, trees seemed to gain 1 % in 2 of a hundred
# trials and 2 % in none of 300, with 200 to 2,000 later buyers; with 100 buyers in 17 of a hundred.
# A customer counts once here, on however many dates.
LEAST_GAIN = 0.02
LEAST_BUYERS = 200
# The level is what the sums were off by on past dates; beyond this something else is wrong.
MAX_LEVEL = 4.0


def gamma_loss(spent: Values, margins: Margins) -> float:
    """Mean negative log likelihood of a gamma distribution of shape 1 by its mean's logarithm."""
    return float(np.mean(spent * np.exp(-margins) + margins))


SPENDING = Objective("reg:gamma", "gamma-nloglik", gamma_loss, neutral=1.0)


@dataclass(frozen=True)
class Buyers:
    """Customers who stayed and whose history is known.

    `rows` are their features; `expected` is the formula's net revenue within the horizon, `spent`
    the actual one, each of shape (rows,).
    """

    rows: pa.Table
    expected: Values
    spent: Values

    def __len__(self) -> int:
        return len(self.spent)

    @property
    def customers(self) -> int:
        """How many they are, each counted once."""
        return len(self.rows[CUSTOMER_ID].unique())

    @property
    def level(self) -> float:
        """What all expected must be multiplied by for their sum to be what was spent."""
        return float(np.clip(self.spent.sum() / self.expected.sum(), 1 / MAX_LEVEL, MAX_LEVEL))

    def times(self, factors: Values | float) -> Buyers:
        """The same, expected to spend so many times as much."""
        return replace(self, expected=self.expected * factors)

    def and_also(self, others: Buyers) -> Buyers:
        """Both of them, these first."""
        return Buyers(
            pa.concat_tables([self.rows, others.rows]),
            np.concatenate([self.expected, others.expected]),
            np.concatenate([self.spent, others.spent]),
        )

    def who_paid(self) -> Buyers:
        """Those with a net revenue above zero: a gamma distribution has no other."""
        paid = self.spent > 0
        return Buyers(self.rows.filter(pa.array(paid)), self.expected[paid], self.spent[paid])


@dataclass(frozen=True)
class Challenge:
    """Trees that were held against the formula on later buyers.

    `deviance_gain` is the share of the formula's deviance that they took off, `rank_gain` their
    rank correlation with what was spent less the formula's.
    """

    booster: bytes
    deviance_gain: float
    rank_gain: float

    @property
    def is_won(self) -> bool:
        """Whether the gain is no chance and the order of customers no worse."""
        return self.deviance_gain >= LEAST_GAIN and self.rank_gain >= 0


def challenge(
    earlier: Buyers, later: Buyers, model: ChurnModel, settings: TrainingSettings
) -> Challenge | None:
    """Grow trees on earlier buyers, and stop and judge them on later ones.

    Args:
        earlier: of the training dates.
        later: of the calibration dates.
        model: the churn model whose features the trees read.
        settings: the boosting parameters.

    Returns:
        None where either are too few.
    """
    earlier, later = earlier.who_paid(), later.who_paid()
    if min(earlier.customers, later.customers) < LEAST_BUYERS:
        return None
    grown, stopping = (_rows(buyers, model) for buyers in (earlier, later))
    boosted = boost(grown, stopping, model.preprocessor, settings, objective=SPENDING)
    told = later.expected * factors(boosted.booster, later.rows, model, settings.threads)
    without = deviance(later.spent, later.expected)
    return Challenge(
        booster=boosted.booster,
        deviance_gain=1 - deviance(later.spent, told) / without if without > 0 else 0.0,
        rank_gain=rank_correlation(told, later.spent)
        - rank_correlation(later.expected, later.spent),
    )


def factors(booster: bytes, rows: pa.Table, model: ChurnModel, threads: int) -> Values:
    """By how much the trees multiply the formula of each row, shape (rows,)."""
    return replace(model, value_trees=booster).value_factors(rows, threads)


def at_level(booster: bytes, past: Buyers, model: ChurnModel, threads: int) -> bytes:
    """The booster at the level that makes the sums of past buyers come true."""
    loaded = xgb.Booster(model_file=bytearray(booster))
    # What it predicts is this times the exponential of its leaves' sum.
    told = past.times(factors(booster, past.rows, model, threads))
    loaded.set_param({"base_score": told.level})
    return bytes(loaded.save_raw("ubj"))


def deviance(spent: Values, expected: Values) -> float:
    """Mean gamma deviance of what was spent, at the level of `expected` that makes it least.

    McCullagh, Nelder: Generalized Linear Models, 1989, section 8.3. The level is left out because
    it is fitted afterwards, on all past dates.
    """
    ratios = spent / expected
    return float(2 * (np.log(ratios.mean()) - np.log(ratios).mean()))


def rank_correlation(predicted: Values, actual: Values) -> float:
    """Spearman's; NaN where all are predicted, or spent, the same."""
    if len(predicted) < 2 or not (np.ptp(predicted) > 0 and np.ptp(actual) > 0):
        return float("nan")
    return float(spearmanr(predicted, actual).statistic)


def _rows(buyers: Buyers, model: ChurnModel) -> Rows:
    """The formula at its own best level: the level of one season is nothing for trees to learn."""
    level = (buyers.spent / buyers.expected).mean()
    matrix = model.preprocessor.transform(model.extend(buyers.rows))
    return Rows(matrix, buyers.spent, np.log(level * buyers.expected))
