"""What the purchase-process models say of each customer, as features of the churn model.

The parameters are fitted once, on the purchase histories of one date, and travel inside the model.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import logit

from ml.columns import is_known, numbers
from ml.customer_hash import sample_customers
from ml.errors import ModelError
from ml.purchases.bg_nbd import BgNbd, Histories

HISTORY_COLUMNS = ("purchase_days_lifetime", "days_since_first_order", "days_since_last_order")
NO_PURCHASE = "process_no_purchase_log_odds"
ALIVE = "process_alive"
PURCHASES_IF_ALIVE = "process_purchases_if_alive"
PROCESS_COLUMNS = (NO_PURCHASE, ALIVE, PURCHASES_IF_ALIVE)
# Four parameters need no more customers than this.
MAX_CUSTOMERS = 20_000
SAMPLE_SALT = 303
# Log odds are kept within this: a probability of one in a million is as good as none.
MAX_LOG_ODDS = 14.0


class NoProcessError(ModelError):
    """Nothing can be fitted; the text says what is missing."""


@dataclass(frozen=True)
class PurchaseProcess:
    """The likelier of BG/NBD and MBG/NBD, and the horizon in days it is asked about."""

    model: BgNbd
    horizon_days: int

    @classmethod
    def fit(cls, histories: pa.Table, horizon_days: int) -> PurchaseProcess:
        """Fit on the customers known on one date, eligible or not; no outcome is read.

        Args:
            histories: a row a customer, with `HISTORY_COLUMNS`.
            horizon_days: days ahead that `columns` speaks of.

        Raises:
            NoProcessError: a column is missing or empty, or nobody has bought twice.
        """
        for column in HISTORY_COLUMNS:
            if not is_known(histories, column):
                raise NoProcessError(f"no customer has {column}")
        sample = histories_of(sample_customers(histories, MAX_CUSTOMERS, SAMPLE_SALT))
        known = ~np.isnan(sample.age)
        if not (sample.repeats[known] > 0).any():
            raise NoProcessError("no customer has bought twice")
        bought = Histories(sample.repeats[known], sample.last[known], sample.age[known])
        return cls(BgNbd.best(bought), horizon_days)

    def probability_of_no_purchase(self, table: pa.Table) -> NDArray[np.float64]:
        """Within the horizon, shape (rows,); NaN without a purchase so far."""
        return self.model.probability_of_no_purchase(histories_of(table), self.horizon_days)

    def extend(self, table: pa.Table) -> pa.Table:
        """The table with `PROCESS_COLUMNS`, null without a purchase so far."""
        histories = histories_of(table)
        silent = self.model.probability_of_no_purchase(histories, self.horizon_days)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_odds = np.clip(logit(silent), -MAX_LOG_ODDS, MAX_LOG_ODDS)
        columns = (
            log_odds,
            self.model.probability_alive(histories),
            self.model.purchases_if_alive(histories, self.horizon_days),
        )
        for name, values in zip(PROCESS_COLUMNS, columns, strict=True):
            known = np.where(np.isnan(histories.age), np.nan, values)
            table = table.append_column(name, pa.array(known, from_pandas=True))
        return table

    def to_json(self) -> str:
        """The parameters as JSON text; floats keep every bit."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> PurchaseProcess:
        """Read what `to_json` wrote."""
        stored = json.loads(text)
        return cls(BgNbd(**stored["model"]), stored["horizon_days"])


def histories_of(table: pa.Table) -> Histories:
    """Purchase histories of the table's rows, NaN where there is no purchase."""
    purchases, age, since = (numbers(table[column]) for column in HISTORY_COLUMNS)
    unknown = np.isnan(purchases) | np.isnan(age) | np.isnan(since) | (purchases < 1)
    repeats = np.maximum(purchases - 1, 0)
    # One purchase day has no repeat: its last repeat is at age 0 by definition (section 2).
    last = np.where(repeats > 0, np.clip(age - since, 0, None), 0.0)
    return Histories(*(np.where(unknown, np.nan, part) for part in (repeats, last, age)))
