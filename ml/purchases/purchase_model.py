"""Purchase model: a fitted BG/NBD or MBG/NBD and its predictions as features of the churn model.

The parameters are fitted once, on the purchase histories of one date, and stored in the model.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import logit

from ml.columns import is_known, numbers
from ml.errors import ModelError
from ml.purchases.bg_nbd import BgNbd, Histories
from ml.sampling import sample_customers

HISTORY_COLUMNS = ("purchase_days_lifetime", "days_since_first_order", "days_since_last_order")
NO_PURCHASE = "process_no_purchase_log_odds"
ALIVE = "process_alive"
PURCHASES_IF_ALIVE = "process_purchases_if_alive"
PREDICTION_COLUMNS = (NO_PURCHASE, ALIVE, PURCHASES_IF_ALIVE)
# More customers hardly change four parameters and take longer.
MAX_CUSTOMERS = 20_000
SAMPLE_SALT = 303
# Log odds are clipped to ±14, a probability of one in a million.
MAX_LOG_ODDS = 14.0


class NoPurchaseModelError(ModelError):
    """No purchase model can be fitted; the message names the missing column or purchases."""


@dataclass(frozen=True)
class PurchaseModel:
    """The BG/NBD or MBG/NBD of greater likelihood, and the prediction horizon in days."""

    model: BgNbd
    horizon_days: int

    @classmethod
    def fit(cls, histories: pa.Table, horizon_days: int) -> PurchaseModel:
        """Fit on the customers known on one date, eligible or not, without labels.

        Args:
            histories: one row per customer, with `HISTORY_COLUMNS`.
            horizon_days: horizon of the predictions, in days.

        Raises:
            NoPurchaseModelError: a column is missing or empty, or no customer has bought twice.
        """
        for column in HISTORY_COLUMNS:
            if not is_known(histories, column):
                raise NoPurchaseModelError(f"no customer has {column}")
        sample = histories_of(sample_customers(histories, MAX_CUSTOMERS, SAMPLE_SALT))
        known = ~np.isnan(sample.age)
        if not (sample.repeats[known] > 0).any():
            raise NoPurchaseModelError("no customer has bought twice")
        bought = Histories(sample.repeats[known], sample.last[known], sample.age[known])
        return cls(BgNbd.best(bought), horizon_days)

    def probability_of_no_purchase(self, table: pa.Table) -> NDArray[np.float64]:
        """Probability of no purchase within the horizon, shape (rows,); NaN without history."""
        return self.model.probability_of_no_purchase(histories_of(table), self.horizon_days)

    def extend(self, table: pa.Table) -> pa.Table:
        """The table with `PREDICTION_COLUMNS` appended, null without a purchase history."""
        histories = histories_of(table)
        silent = self.model.probability_of_no_purchase(histories, self.horizon_days)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_odds = np.clip(logit(silent), -MAX_LOG_ODDS, MAX_LOG_ODDS)
        columns = (
            log_odds,
            self.model.probability_alive(histories),
            self.model.purchases_if_alive(histories, self.horizon_days),
        )
        for name, values in zip(PREDICTION_COLUMNS, columns, strict=True):
            known = np.where(np.isnan(histories.age), np.nan, values)
            table = table.append_column(name, pa.array(known, from_pandas=True))
        return table

    def to_json(self) -> str:
        """The model as JSON text; floats keep every bit."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> PurchaseModel:
        """Read JSON text written by `to_json`."""
        stored = json.loads(text)
        return cls(BgNbd(**stored["model"]), stored["horizon_days"])


def histories_of(table: pa.Table) -> Histories:
    """Purchase histories of the rows of the table, NaN without a purchase."""
    purchases, age, since = (numbers(table[column]) for column in HISTORY_COLUMNS)
    unknown = np.isnan(purchases) | np.isnan(age) | np.isnan(since) | (purchases < 1)
    repeats = np.maximum(purchases - 1, 0)
    # Without a repeat purchase t_x is 0 by definition (Fader, Hardie, Lee 2005, section 2).
    last = np.where(repeats > 0, np.clip(age - since, 0, None), 0.0)
    return Histories(*(np.where(unknown, np.nan, part) for part in (repeats, last, age)))
