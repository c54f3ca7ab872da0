"""Customers' months ahead: one row a customer, date and month that was begun under contract.

A month has 30 days, as in `dbt_project/macros/contracts.sql`: month k of a date are the days
30(k − 1) + 1 to 30k after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.metrics.ranking import Labels, Scores
from ml.schemas import LEFT_IN_MONTH, MONTHS_OBSERVED, SNAPSHOT_DATE

DAYS_PER_MONTH = 30
LEAST_MONTHS_AHEAD = 12


def months_ahead(horizon_days: int) -> int:
    """Months that are told of: a year, and more where the horizon is longer."""
    return max(LEAST_MONTHS_AHEAD, -(-horizon_days // DAYS_PER_MONTH))


@dataclass(frozen=True)
class PersonMonths:
    """Months begun under contract, all of shape (person-months,).

    `month` counts from 1, the first after the date. `probability` is the customer's of leaving
    within the horizon, as told on the date. `left` says whether the month ended without a contract.
    """

    month: NDArray[np.int64]
    probability: Scores
    left: Labels

    def __len__(self) -> int:
        """Number of person-months."""
        return len(self.month)

    @classmethod
    def of(
        cls, rows: pa.Table, probabilities: Scores, *, begun_from: date = date.min, ended_by: date
    ) -> PersonMonths:
        """The months of labelled rows that lie within two days.

        Args:
            rows: a row a customer and date, with `months_observed` and `left_in_month`.
            probabilities: of leaving within the horizon, shape (rows,).
            begun_from: months that begin on an earlier day are left out: their end may be too.
            ended_by: months that end on a later day are left out.
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
            & (starts >= _day_number(begun_from))
            & (starts + DAYS_PER_MONTH <= _day_number(ended_by))
        )
        row, column = np.nonzero(inside)
        return cls(months[column], probabilities[row], left[row] == months[column])

    def joined(self, other: PersonMonths) -> PersonMonths:
        """These and the other's."""
        return PersonMonths(
            np.concatenate([self.month, other.month]),
            np.concatenate([self.probability, other.probability]),
            np.concatenate([self.left, other.left]),
        )


def _day_number(day: date) -> int:
    """Days since 1970-01-01, as Arrow counts them."""
    return (day - date(1970, 1, 1)).days
