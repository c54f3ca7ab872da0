"""Time split: cutoff dates for training, for calibration and for the holdout.

```
train … train | calibration … calibration |<--- one horizon --->| holdout |<--- label --->| as_of
```
Every label that the model is fitted on was known on the holdout date, so the evaluation on the
holdout is that of a model trained on that day.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.config import TrainingSettings
from ml.errors import ModelError
from ml.sampling import sample_customers, unit_hash
from ml.schemas import (
    CUSTOMER_ID,
    SNAPSHOT_DATE,
    check_examples,
    eligible_rows,
    sorted_by_keys,
)

CALIBRATION_SHARE = 0.2
CALIBRATION_CUSTOMERS = 0.2
FOLD_SALT = 101
CAP_SALT = 202


class NotEnoughHistoryError(ModelError):
    """The history is too short to train on one period and to evaluate on a later one."""


@dataclass(frozen=True)
class Split:
    """Cutoff dates by part, each part ascending and later than the previous one.

    `disjoint_customers` is true if the history is too short for a gap between training and
    calibration. Their label windows then overlap, and each customer is in only one of the two.
    """

    train: tuple[date, ...]
    calibration: tuple[date, ...]
    holdout: date
    disjoint_customers: bool

    @property
    def dates(self) -> tuple[date, ...]:
        """All cutoffs in use, ascending."""
        return (*self.train, *self.calibration, self.holdout)


@dataclass(frozen=True)
class Parts:
    """Examples by part, each sorted by (snapshot_date, customer_id)."""

    train: pa.Table
    calibration: pa.Table
    holdout: pa.Table

    @property
    def past(self) -> pa.Table:
        """All rows before the holdout, training rows first; nothing is copied."""
        return pa.concat_tables([self.train, self.calibration])


def training_cutoffs(as_of: date, first_date: date, settings: TrainingSettings) -> list[date]:
    """Cutoffs whose label windows have passed by `as_of`, ascending; the last is the holdout.

    They are `step_days` apart, from `as_of` − horizon back to `first_date` + `min_history_days`, at
    most `max_cutoffs`.

    Raises:
        NotEnoughHistoryError: the cutoffs cannot be split; the message gives the days of history
            found and needed.
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
            f"needs {needed}: {settings.min_history_days} before the first cutoff, two cutoffs "
            f"{settings.step_days} days apart, a gap of {settings.horizon_days} rounded up to "
            f"whole steps, and {settings.horizon_days} for the label window of the holdout; "
            f"load older data, lower training.min_history_days, or check last_date"
        ) from error
    return cutoffs


def open_dates(as_of: date, settings: TrainingSettings) -> list[date]:
    """Dates one third and two thirds of the horizon before `as_of`, ascending.

    Their horizons are open on the day of the training. The level of the forecast learns from who
    has returned so far (`ml.level`).
    """
    horizon = settings.horizon_days
    return [as_of - timedelta(days=days) for days in (2 * horizon // 3, horizon // 3)]


def split_by_time(dates: Collection[date], horizon_days: int) -> Split:
    """Split cutoffs into training, calibration and holdout, in this order of time.

    The holdout is the latest date; training and calibration dates lie at least one horizon before
    it. The latest fifth of these dates is for early stopping and calibration. Training and
    calibration are a full horizon apart if that leaves half of the dates for training; otherwise
    they must not share customers (`Split.disjoint_customers`).

    Raises:
        NotEnoughHistoryError: fewer than two dates lie one horizon before the latest.
    """
    ordered = sorted(set(dates))
    horizon = timedelta(days=horizon_days)
    fitted = [day for day in ordered if day <= ordered[-1] - horizon]
    if len(fitted) < 2:
        raise NotEnoughHistoryError(
            f"{_count(ordered, 'cutoff')}, of which {len(fitted)} a horizon of {horizon_days} days "
            "before the last: at least 2 are needed, one for training and one for calibration"
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


def matured(examples: pa.Table, settings: TrainingSettings, as_of: date) -> pa.Table:
    """Eligible examples whose label window had passed by `as_of`.

    Raises:
        SchemaError: a column is missing, has the wrong type, or a key or label is null.
    """
    check_examples(examples)
    return dated_until(eligible_rows(examples), as_of - settings.horizon)


def dated_until(rows: pa.Table, last: date) -> pa.Table:
    """Rows of dates up to the last; the table itself, and no copy, if these are all."""
    is_known = pc.less_equal(rows[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(last))
    return rows if pc.all(is_known).as_py() else rows.filter(is_known)


def split_examples(examples: pa.Table, settings: TrainingSettings) -> tuple[Split, Parts]:
    """Split the dates of the examples, and divide the examples into the parts.

    Raises:
        NotEnoughHistoryError: the dates cannot be split.
        SchemaError: a customer appears twice on a date.
    """
    dates = examples[SNAPSHOT_DATE].cast(pa.date32()).unique().to_pylist()
    split = split_by_time(dates, settings.horizon_days)
    return split, divide(examples, split, settings)


def divide(examples: pa.Table, split: Split, settings: TrainingSettings) -> Parts:
    """Divide examples into the parts of the split; rows of any other date are excluded.

    Training and calibration are sampled by a hash of the customer id, all rows of a customer or
    none; the holdout is never sampled.

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


def _calibrates(examples: pa.Table) -> NDArray[np.bool_]:
    return unit_hash(examples[CUSTOMER_ID], FOLD_SALT) < CALIBRATION_CUSTOMERS


def _on_dates(examples: pa.Table, dates: Sequence[date]) -> pa.Table:
    days = examples[SNAPSHOT_DATE].cast(pa.date32())
    return examples.filter(pc.is_in(days, value_set=pa.array(dates, pa.date32())))


def _capped(examples: pa.Table, max_rows: int) -> pa.Table:
    return sorted_by_keys(sample_customers(examples, max_rows, CAP_SALT))


def _count(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
