"""From the parts of a split to a model: base, trees, tuning and calibration, or the average."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.churn.boost import Boosted, Rows, boost, boost_again, no_trees
from ml.churn.calibrate import Calibrator
from ml.churn.linear_base import LinearBase
from ml.churn.model import ChurnModel, ModelFacts
from ml.churn.preprocess import Preprocessor
from ml.churn.split import NotEnoughHistoryError, Parts, Split
from ml.config import TrainingSettings
from ml.customer_hash import sample_customers
from ml.purchases.purchase_process import PurchaseProcess
from ml.schemas import labels_of
from ml.training.tuning import Trial, tune

# Rows of either outcome below which nothing is learned. A leaf takes about ten leavers
# (`min_child_weight`), so 30 are three leaves; ten are the fewest that calibrate, and with ten in
# the holdout the standard error of the ROC AUC is about 0.09.
LEAST_OF_EITHER = {"train": 30, "calibration": 10, "holdout": 10}

# Small data are fitted once more with the calibration rows, the latest there are: on a telephone
# company's 4,500 and 1,100 rows that raised the top decile's lift from 2.85 to 2.88. Beyond this
# many rows it would double the time of training for nothing that shows.
MAX_REFIT_ROWS = 100_000

# Past rows that the level is taken of: the mean of so many is known to 0.2 %, and predicting all
# 600,000 of a large company took an eighth of the training.
MAX_LEVEL_ROWS = 150_000
LEVEL_SALT = 707

# Which way a feature may act: 1 where more of it never lowers the risk, −1 the other way round.
Signs = Mapping[str, int]


@dataclass(frozen=True)
class Fitted:
    """A model, and the trials of its tuning."""

    model: ChurnModel
    trials: tuple[Trial, ...]


def fit_parts(
    parts: Parts,
    split: Split,
    settings: TrainingSettings,
    as_of: date,
    process: PurchaseProcess | None,
    signs: Signs,
) -> Fitted:
    """Fit on training and calibration rows; the average where they are too few to learn from."""
    if shortage := shortage_of(parts):
        return average(parts, split, settings, as_of, shortage)
    train, calibration = (
        part if process is None else process.extend(part)
        for part in (parts.train, parts.calibration)
    )

    def judge(fitted_on: pa.Table, judged: pa.Table, tried: TrainingSettings) -> float:
        return _boosted(fitted_on, judged, tried, signs)[2].loss

    tuned, trials = tune(train, settings, judge)
    base, preprocessor, boosted = _boosted(train, calibration, tuned, signs)
    model = ChurnModel(
        process=process,
        base=base,
        booster=boosted.booster,
        preprocessor=preprocessor,
        calibrator=Calibrator(),
        facts=_facts(split, settings, as_of, labels_of(parts.past), boosted),
    )
    margins = model.predictor(settings.threads).margins(parts.calibration)
    model = replace(model, calibrator=Calibrator.fit(margins, labels_of(calibration)))
    if len(train) + len(calibration) <= MAX_REFIT_ROWS:
        model = _boosted_again(pa.concat_tables([train, calibration]), model, tuned, signs)
    level_rows = sample_customers(parts.past, MAX_LEVEL_ROWS, LEVEL_SALT)
    margins = model.predictor(settings.threads).margins(level_rows)
    level = model.calibrator.at_level(margins, labels_of(level_rows))
    return Fitted(replace(model, calibrator=level), trials)


def average(
    parts: Parts, split: Split, settings: TrainingSettings, as_of: date, why: str
) -> Fitted:
    """The share of all rows before the holdout that left, said of everybody.

    Raises:
        NotEnoughHistoryError: there is no such row.
    """
    if len(parts.past) == 0:
        raise NotEnoughHistoryError(f"no customer is known on any date before {split.holdout}")
    preprocessor, labels = Preprocessor.fit(parts.past), labels_of(parts.past)
    nothing = no_trees(preprocessor)
    model = ChurnModel(
        process=None,
        base=LinearBase(0.0, ()),
        booster=nothing.booster,
        preprocessor=preprocessor,
        calibrator=Calibrator.average(labels),
        facts=replace(_facts(split, settings, as_of, labels, nothing), why_average=why),
    )
    return Fitted(model, ())


def shortage_of(parts: Parts) -> str | None:
    """Which part has too few rows of either outcome to learn from, if any."""
    for name, least in LEAST_OF_EITHER.items():
        labels = labels_of(getattr(parts, name))
        left = int(labels.sum())
        if min(left, len(labels) - left) < least:
            return (
                f"Too little to learn from: in the {name} part {left} left and "
                f"{len(labels) - left} stayed, and at least {least} of each are needed."
            )
    return None


def _boosted(
    train: pa.Table, stopping: pa.Table, settings: TrainingSettings, signs: Signs
) -> tuple[LinearBase, Preprocessor, Boosted]:
    preprocessor = Preprocessor.fit(train)
    base = LinearBase.fit(train, labels_of(train))
    first, second = (
        Rows(preprocessor.transform(part), labels_of(part), base.margins(part))
        for part in (train, stopping)
    )
    return base, preprocessor, boost(first, second, preprocessor, settings, signs)


def _boosted_again(
    rows: pa.Table, model: ChurnModel, settings: TrainingSettings, signs: Signs
) -> ChurnModel:
    """The model with base and trees grown anew on training and calibration rows together.

    The calibrator's slopes stay: they were fitted on rows that its trees had not seen.
    """
    preprocessor, labels = Preprocessor.fit(rows), labels_of(rows)
    base = LinearBase.fit(rows, labels)
    all_rows = Rows(preprocessor.transform(rows), labels, base.margins(rows))
    boosted = boost_again(all_rows, model.facts.rounds, preprocessor, settings, signs)
    return replace(model, base=base, booster=boosted.booster, preprocessor=preprocessor)


def _facts(
    split: Split,
    settings: TrainingSettings,
    as_of: date,
    labels: NDArray[np.bool_],
    boosted: Boosted,
) -> ModelFacts:
    return ModelFacts(
        as_of=as_of,
        kind=settings.kind,
        horizon_days=settings.horizon_days,
        train_dates=split.train,
        calibration_dates=split.calibration,
        holdout_date=split.holdout,
        base_rate=float(labels.mean()),
        rounds=boosted.rounds,
        max_depth=boosted.max_depth,
    )
