"""Latest fit: an evaluated model fitted once more on all known outcomes, and its level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.churn.calibration import Calibrator
from ml.churn.model import ChurnModel, LatestFit
from ml.churn.split import Parts
from ml.config import TrainingSettings
from ml.level.hazard_ratio import log_ratio
from ml.level.level_model import DateOutcomes, LevelModel
from ml.metrics.ranking import Scores
from ml.sampling import sample_customers
from ml.schemas import CHURNED, RETURNED_AFTER_DAYS, SNAPSHOT_DATE, labels_of
from ml.training.model_fitting import LEVEL_SALT, Fitted, Signs, at_level_of, refitted

# The standard error of a date's churn rate is then below 1 %, with 24 dates.
MAX_LEVEL_ROWS = 150_000
DATES_SALT = 909


def with_latest_fit(
    fitted: Fitted, parts: Parts, holdout_probabilities: Scores, signs: Signs
) -> ChurnModel:
    """The evaluated model with a latest fit and a level, by which customers are scored.

    Args:
        fitted: the model as evaluated.
        parts: labelled rows of the split.
        holdout_probabilities: the evaluated model's, of shape (holdout customers,).
        signs: monotone constraints by feature.
    """
    model = replace(fitted.model, latest=fit_latest(fitted, parts, signs))
    rows = pa.concat_tables([parts.past, parts.holdout])
    effect = log_ratio(holdout_probabilities, float(labels_of(parts.holdout).mean()))
    return replace(model, level=fit_level(model.for_scoring, rows, fitted.tuned, effect))


def fit_latest(fitted: Fitted, parts: Parts, signs: Signs) -> LatestFit:
    """Fit an evaluated model once more on all rows, those of the holdout too.

    A model is evaluated without the outcomes of the last horizon. Without the latest fit it would
    also score without them: on rolling origins of a shop, of CDNOW and of the demo that costs 0.04,
    0.007 and 0.03 of log loss. The number of rounds, the preprocessor, and the shape of the
    calibrator are kept, because they were found on rows that the booster had not seen. The slope of
    the calibrator follows the holdout, the latest such rows: the evaluated model's predictions of
    it did not know its outcomes.

    The base rate takes the rate of all rows.
    """
    model, settings = fitted.model, fitted.tuned
    rows = sample_customers(
        pa.concat_tables([parts.past, parts.holdout]), settings.max_rows, LEVEL_SALT
    )
    if model.is_average:
        return LatestFit(model.base, model.booster, Calibrator.average(labels_of(rows)))
    margins = model.predictor(settings.threads).margins(parts.holdout)
    calibrator = model.calibrator.at_slope(margins, labels_of(parts.holdout))
    model = replace(model, calibrator=calibrator)
    extended = rows if model.purchase_model is None else model.purchase_model.extend(rows)
    latest = at_level_of(rows, refitted(extended, model, settings, signs), settings)
    return LatestFit(latest.base, latest.booster, latest.calibrator)


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
        The level model; None for contracts, whose hazard is one of leaving, and where no date has
        the day on which each of its customers returned.
    """
    if settings.kind == "contractual" or RETURNED_AFTER_DAYS not in rows.column_names:
        return None
    sample = sample_customers(rows, MAX_LEVEL_ROWS, DATES_SALT)
    outcomes = []
    for day in sorted(sample[SNAPSHOT_DATE].cast(pa.date32()).unique().to_pylist()):
        some = sample.filter(pc.equal(sample[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(day)))
        after, churned = some[RETURNED_AFTER_DAYS], some[CHURNED]
        if pc.any(pc.and_(pc.invert(churned), pc.is_null(after))).as_py():
            continue
        days = after.cast(pa.float64()).to_numpy(zero_copy_only=False)
        outcomes.append(DateOutcomes(day, model.predict(some, settings.threads), np.asarray(days)))
    return LevelModel.fit(outcomes, settings.horizon_days, holdout_effect) if outcomes else None
