"""Fitting of the level model on the dates of a training."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.churn.model import ChurnModel
from ml.config import TrainingSettings
from ml.level.level_model import DateOutcomes, LevelModel
from ml.sampling import sample_customers
from ml.schemas import CHURNED, RETURNED_AFTER_DAYS, SNAPSHOT_DATE

# The standard error of a date's churn rate is then below 1 %, with 24 dates.
MAX_ROWS = 150_000
LEVEL_SALT = 909


def fit_level(
    model: ChurnModel, rows: pa.Table, settings: TrainingSettings, holdout_effect: float
) -> LevelModel | None:
    """Fit the level model on all labelled rows of a training.

    Args:
        model: the model that scores.
        rows: labelled rows of all dates, the holdout too.
        settings: kind of churn, horizon and threads.
        holdout_effect: log factor of the holdout by the model that did not know its outcome.

    Returns:
        The level model; None for contracts, whose hazard is one of leaving, and where no date tells
        when each of its customers returned.
    """
    if settings.kind == "contractual" or RETURNED_AFTER_DAYS not in rows.column_names:
        return None
    sample = sample_customers(rows, MAX_ROWS, LEVEL_SALT)
    outcomes = []
    for day in sorted(sample[SNAPSHOT_DATE].cast(pa.date32()).unique().to_pylist()):
        some = sample.filter(pc.equal(sample[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(day)))
        after, churned = some[RETURNED_AFTER_DAYS], some[CHURNED]
        if pc.any(pc.and_(pc.invert(churned), pc.is_null(after))).as_py():
            continue
        days = after.cast(pa.float64()).to_numpy(zero_copy_only=False)
        outcomes.append(DateOutcomes(day, model.predict(some, settings.threads), np.asarray(days)))
    return LevelModel.fit(outcomes, settings.horizon_days, holdout_effect) if outcomes else None
