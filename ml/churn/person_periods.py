"""Person-period data of contracts: one row per customer, snapshot date and month under contract.

A month has 30 days, as in `dbt_project/macros/customers/contracts.sql`: month k after a date is
days 30(k − 1) + 1 to 30k. The layout is that of Singer, Willett: It's About Time, Journal of
Educational Statistics 18, 1993.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.columns import day_number
from ml.metrics.ranking import Labels, Scores
from ml.schemas import LEFT_IN_MONTH, MONTHS_OBSERVED, SNAPSHOT_DATE

DAYS_PER_MONTH = 30
LEAST_MONTHS_AHEAD = 12


def months_ahead(horizon_days: int) -> int:
    """Number of months of a forecast: twelve, or more for a horizon of more than a year."""
    return max(LEAST_MONTHS_AHEAD, -(-horizon_days // DAYS_PER_MONTH))


@dataclass(frozen=True)
class PersonPeriods:
    """Months that began under contract, arrays of shape (person-months,).

    `month` is 1 for the first month after the snapshot date. `probability` is the churn probability
    over the horizon, predicted on the snapshot date. `churned` is true if the month ended without a
    contract.
    """

    month: NDArray[np.int64]
    probability: Scores
    churned: Labels

    def __len__(self) -> int:
        """Number of person-months."""
        return len(self.month)

    @classmethod
    def of(
        cls, rows: pa.Table, probabilities: Scores, *, begun_from: date = date.min, ended_by: date
    ) -> PersonPeriods:
        """Person-periods of labelled rows whose months lie within two days.

        Args:
            rows: one row per customer and date, with `months_observed` and `left_in_month`.
            probabilities: churn probabilities over the horizon, shape (rows,).
            begun_from: excludes months that begin on an earlier day.
            ended_by: excludes months that end on a later day.
        """
        observed, left = (
            rows[name].fill_null(0).to_numpy() for name in (MONTHS_OBSERVED, LEFT_IN_MONTH)
        )
        last = np.where(left > 0, left, observed)
        months = np.arange(1, observed.max(initial=0) + 1)
        starts = rows[SNAPSHOT_DATE].cast(pa.date32()).cast(pa.int32()).to_numpy()[:, None] + (
            DAYS_PER_MONTH * (months - 1)
        )
        inside = (
            (months <= last[:, None])
            & (starts >= day_number(begun_from))
            & (starts + DAYS_PER_MONTH <= day_number(ended_by))
        )
        row, column = np.nonzero(inside)
        return cls(months[column], probabilities[row], left[row] == months[column])

    def joined(self, other: PersonPeriods) -> PersonPeriods:
        """Person-periods of both, these first."""
        return PersonPeriods(
            np.concatenate([self.month, other.month]),
            np.concatenate([self.probability, other.probability]),
            np.concatenate([self.churned, other.churned]),
        )
