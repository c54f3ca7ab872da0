"""Which dates train, which calibrate, and which one judges.

```
train … train | calibration … calibration |<--- one horizon --->| holdout |<--- label --->| as_of
```
Every label the model was fitted on was known on the holdout date, so the holdout is what a user
would have seen had the model run on that day.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.config import TrainingSettings
from ml.customer_hash import sample_customers, unit_hash
from ml.errors import ModelError
from ml.schemas import CUSTOMER_ID, SNAPSHOT_DATE, sorted_by_keys

CALIBRATION_SHARE = 0.2
CALIBRATION_CUSTOMERS = 0.2
FOLD_SALT = 101
CAP_SALT = 202


class NotEnoughHistoryError(ModelError):
    """The history is too short to train on one period and be judged on a later one."""


@dataclass(frozen=True)
class Split:
    """Cutoff dates by their part, each part ascending and later than the one before.

    `disjoint_customers` is true where the history is too short for a gap between training and
    calibration: their label windows then overlap, and a customer may be in only one of the two.
    """

    train: tuple[date, ...]
    calibration: tuple[date, ...]
    holdout: date
    disjoint_customers: bool

    @property
    def dates(self) -> tuple[date, ...]:
        """Every cutoff in use, ascending: the dates whose examples a caller must deliver."""
        return (*self.train, *self.calibration, self.holdout)


@dataclass(frozen=True)
class Parts:
    """Examples by their part, each sorted by (snapshot_date, customer_id)."""

    train: pa.Table
    calibration: pa.Table
    holdout: pa.Table

    @property
    def past(self) -> pa.Table:
        """All rows from before the holdout, those of training first; nothing is copied."""
        return pa.concat_tables([self.train, self.calibration])


def training_cutoffs(as_of: date, first_date: date, settings: TrainingSettings) -> list[date]:
    """Cutoffs whose label windows have passed by `as_of`, ascending, the last one the holdout.

    They lie `step_days` apart, from `as_of` − horizon back to `first_date` + `min_history_days`,
    at most `max_cutoffs` of them.

    Raises:
        NotEnoughHistoryError: the cutoffs cannot be split; says what is there and what is needed.
    """
    latest = as_of - settings.horizon
    earliest = first_date + settings.min_history
    count = min((latest - earliest) // settings.step + 1, settings.max_cutoffs)
    cutoffs = [latest - k * settings.step for k in reversed(range(max(count, 0)))]
    try:
        split_by_time(cutoffs, settings.horizon_days)
    except NotEnoughHistoryError as error:
        gap_steps = -(-settings.horizon_days // settings.step_days)
        needed = (
            settings.min_history_days + (gap_steps + 1) * settings.step_days + settings.horizon_days
        )
        raise NotEnoughHistoryError(
            f"{first_date} to {as_of} is {(as_of - first_date).days} days of history, and training "
            f"needs {needed}: {settings.min_history_days} to look back on, two cutoffs "
            f"{settings.step_days} days apart to fit on, a gap of {settings.horizon_days} rounded "
            f"up to whole steps, and {settings.horizon_days} for the outcome of the holdout"
        ) from error
    return cutoffs


def split_by_time(dates: Collection[date], horizon_days: int) -> Split:
    """Split cutoffs into training, calibration and holdout, in this order of time.

    The holdout is the latest date; everything fitted lies at least one horizon before it. The
    latest fifth of the remaining dates stops the boosting and calibrates. A full horizon is kept
    between training and calibration too where that leaves half of the dates to train on; else the
    two must not share customers (`Split.disjoint_customers`).

    Raises:
        NotEnoughHistoryError: fewer than two dates lie one horizon before the latest.
    """
    ordered = sorted(set(dates))
    horizon = timedelta(days=horizon_days)
    fitted = [day for day in ordered if day <= ordered[-1] - horizon]
    if len(fitted) < 2:
        raise NotEnoughHistoryError(
            f"{_count(ordered, 'cutoff')}, of which {len(fitted)} a horizon of {horizon_days} days "
            "before the last: at least 2 are needed, to train on one and calibrate on the other"
        )
    late = max(1, round(len(fitted) * CALIBRATION_SHARE))
    early, calibration = fitted[:-late], fitted[-late:]
    with_gap = [day for day in early if day <= calibration[0] - horizon]
    has_gap = len(with_gap) >= max(2, len(fitted) / 2)
    return Split(
        train=tuple(with_gap if has_gap else early),
        calibration=tuple(calibration),
        holdout=ordered[-1],
        disjoint_customers=not has_gap,
    )


def divide(examples: pa.Table, split: Split, settings: TrainingSettings) -> Parts:
    """Divide examples into the split's parts; rows of any other date are left out.

    Training and calibration are capped by a stable hash of the customer id, whole customers at a
    time; the holdout is never capped.

    Raises:
        SchemaError: a customer appears twice on a date.
    """
    train = _on_dates(examples, split.train)
    calibration = _on_dates(examples, split.calibration)
    if split.disjoint_customers:
        train = train.filter(pa.array(~_calibrates(train)))
        calibration = calibration.filter(pa.array(_calibrates(calibration)))
    return Parts(
        train=_capped(train, settings.max_rows),
        calibration=_capped(calibration, settings.max_early_stopping_rows),
        holdout=sorted_by_keys(_on_dates(examples, (split.holdout,))),
    )


def _calibrates(examples: pa.Table) -> np.ndarray:
    return unit_hash(examples[CUSTOMER_ID], FOLD_SALT) < CALIBRATION_CUSTOMERS


def _on_dates(examples: pa.Table, dates: Sequence[date]) -> pa.Table:
    days = examples[SNAPSHOT_DATE].cast(pa.date32())
    return examples.filter(pc.is_in(days, value_set=pa.array(dates, pa.date32())))


def _capped(examples: pa.Table, max_rows: int) -> pa.Table:
    return sorted_by_keys(sample_customers(examples, max_rows, CAP_SALT))


def _count(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
