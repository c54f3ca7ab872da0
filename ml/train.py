"""Train a churn model on the past and judge it once on a later date.

Where nothing can be learned the model is the average: the same artefact without trees.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.baselines import baselines
from ml.boost import Boosted, boost, no_trees
from ml.calibrate import Calibrator
from ml.config import TrainingSettings
from ml.evaluate import Interval, auc_difference, brier, evaluate
from ml.model import ChurnModel, ModelFacts
from ml.preprocess import Preprocessor
from ml.schemas import (
    CHURNED,
    CUSTOMER_ID,
    HOLDOUT_SCORES,
    SNAPSHOT_DATE,
    check_examples,
    eligible_rows,
)
from ml.split import NotEnoughHistoryError, Parts, Split, divide, split_by_time

# Rows of either outcome below which nothing is learned. A leaf takes about ten leavers
# (`min_child_weight`), so 30 are three leaves; ten are the fewest that calibrate, and with ten in
# the holdout the standard error of the ROC AUC is about 0.09.
LEAST_OF_EITHER = {"train": 30, "calibration": 10, "holdout": 10}


@dataclass(frozen=True)
class BaselineResult:
    """A baseline on the holdout; all is None where the note says not applicable.

    The difference alone is None where all customers of the holdout stayed, or all left.
    """

    name: str
    note: str
    probabilities: NDArray[np.float64] | None
    metrics: dict[str, float] | None
    auc_difference: Interval | None


@dataclass(frozen=True)
class TrainingResult:
    """A model and how it did on the holdout, which it never saw.

    `holdout_labels` and `holdout_probabilities` have shape (holdout customers,), in the order of
    the holdout's customer ids. `feature_gains` sum to 1, largest first.
    """

    model: ChurnModel
    settings: TrainingSettings
    split: Split
    metrics: dict[str, float]
    uncalibrated_brier: float
    baselines: tuple[BaselineResult, ...]
    holdout_customers: pa.Array
    holdout_labels: NDArray[np.bool_]
    holdout_probabilities: NDArray[np.float64]
    feature_gains: dict[str, float]
    row_counts: dict[str, int]

    def holdout_scores(self, model_version: str) -> pa.Table:
        """The holdout's probabilities as a table of `HOLDOUT_SCORES`."""
        rows = len(self.holdout_customers)
        return pa.table(
            [
                pa.repeat(pa.scalar(self.split.holdout), rows),
                self.holdout_customers,
                pa.repeat(pa.scalar(model_version), rows),
                pa.array(self.holdout_probabilities),
            ],
            schema=HOLDOUT_SCORES,
        )

    def all_metrics(self) -> dict[str, float]:
        """Every figure under one name each, such as `roc_auc` and `recency.roc_auc`.

        Those that are no number, such as the ROC AUC where nobody left, are left out.
        """
        figures = {**self.metrics, "uncalibrated_brier": self.uncalibrated_brier}
        for baseline in self.baselines:
            for name, value in (baseline.metrics or {}).items():
                figures[f"{baseline.name}.{name}"] = value
            if baseline.auc_difference:
                difference = baseline.auc_difference
                figures[f"{baseline.name}.auc_difference"] = difference.estimate
                figures[f"{baseline.name}.auc_difference_low"] = difference.low
                figures[f"{baseline.name}.auc_difference_high"] = difference.high
        return {name: value for name, value in figures.items() if np.isfinite(value)}


def fit(
    examples: pa.Table,
    settings: TrainingSettings,
    *,
    as_of: date,
    histories: pa.Table | None = None,
) -> TrainingResult:
    """Train, calibrate and judge a churn model; the same input gives the same bytes.

    Where a part has too few rows of either outcome to learn from, the model is the average.

    Args:
        examples: labelled rows of several cutoffs; dates that the split does not use, or whose
            label window had not passed by `as_of`, are left out.
        settings: dates, sizes and boosting parameters.
        as_of: the day on which the training is done; nothing later may enter.
        histories: baseline columns on the holdout date of all customers, eligible or not, for
            BG/NBD's own fit; without it BG/NBD is fitted on the eligible ones alone.

    Raises:
        NotEnoughHistoryError: the dates cannot be split.
        SchemaError: a column is missing, unreadable or null where it must be known.
    """
    split, parts = _split(examples, settings, as_of)
    if shortage := _shortage(parts):
        average = _average(parts, split, settings, as_of, shortage)
        return _judge(average, {}, parts, split, settings, histories)
    model, gains = _train(parts, split, settings, as_of)
    return _judge(model, gains, parts, split, settings, histories)


def fit_average(
    examples: pa.Table,
    settings: TrainingSettings,
    *,
    as_of: date,
    why: str,
    histories: pa.Table | None = None,
) -> TrainingResult:
    """The average of the rows that `fit` would train and calibrate on, judged like any model.

    Args:
        examples: as for `fit`.
        settings: as for `fit`; the boosting parameters are not used.
        as_of: as for `fit`.
        why: why there is nothing better, in plain words.
        histories: as for `fit`.

    Raises:
        NotEnoughHistoryError: the dates cannot be split.
        SchemaError: a column is missing, unreadable or null where it must be known.
    """
    split, parts = _split(examples, settings, as_of)
    model = _average(parts, split, settings, as_of, why)
    return _judge(model, {}, parts, split, settings, histories)


def _split(examples: pa.Table, settings: TrainingSettings, as_of: date) -> tuple[Split, Parts]:
    check_examples(examples)
    examples = eligible_rows(examples)
    matured = pc.less_equal(
        examples[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(as_of - settings.horizon)
    )
    examples = examples.filter(matured)
    split = split_by_time(
        examples[SNAPSHOT_DATE].cast(pa.date32()).unique().to_pylist(), settings.horizon_days
    )
    return split, divide(examples, split, settings)


def _judge(
    model: ChurnModel,
    gains: dict[str, float],
    parts: Parts,
    split: Split,
    settings: TrainingSettings,
    histories: pa.Table | None,
) -> TrainingResult:
    labels = _labels(parts.holdout)
    probabilities = model.predict(parts.holdout, settings.threads)
    uncalibrated = (
        probabilities
        if model.is_average
        else replace(model, calibrator=Calibrator()).predict(parts.holdout, settings.threads)
    )
    can_be_ranked = bool(labels.any()) and not labels.all()
    fitted_on = pa.concat_tables([parts.train, parts.calibration])
    peers = baselines(
        fitted_on, parts.holdout, parts.holdout if histories is None else histories, settings
    )
    return TrainingResult(
        model=model,
        settings=settings,
        split=split,
        metrics=evaluate(labels, probabilities),
        uncalibrated_brier=brier(labels, uncalibrated),
        baselines=tuple(
            BaselineResult(peer.name, peer.note, None, None, None)
            if peer.probabilities is None
            else BaselineResult(
                peer.name,
                peer.note,
                peer.probabilities,
                evaluate(labels, peer.probabilities),
                auc_difference(labels, probabilities, peer.probabilities, settings.seed)
                if can_be_ranked
                else None,
            )
            for peer in peers
        ),
        holdout_customers=parts.holdout[CUSTOMER_ID].cast(pa.string()).combine_chunks(),
        holdout_labels=labels,
        holdout_probabilities=probabilities,
        feature_gains=gains,
        row_counts={
            "train": len(parts.train),
            "calibration": len(parts.calibration),
            "holdout": len(parts.holdout),
        },
    )


def _train(
    parts: Parts, split: Split, settings: TrainingSettings, as_of: date
) -> tuple[ChurnModel, dict[str, float]]:
    preprocessor = Preprocessor.fit(parts.train)
    labels, later_labels = _labels(parts.train), _labels(parts.calibration)
    boosted = boost(
        (preprocessor.transform(parts.train), labels),
        (preprocessor.transform(parts.calibration), later_labels),
        preprocessor,
        settings,
    )
    model = ChurnModel(
        booster=boosted.booster,
        preprocessor=preprocessor,
        calibrator=Calibrator(),
        facts=_facts(split, settings, as_of, np.concatenate([labels, later_labels]), boosted),
    )
    margins = model.predictor(settings.threads).margins(parts.calibration)
    return replace(model, calibrator=Calibrator.fit(margins, later_labels)), boosted.gains


def _average(
    parts: Parts, split: Split, settings: TrainingSettings, as_of: date, why: str
) -> ChurnModel:
    fitted = pa.concat_tables([parts.train, parts.calibration])
    if len(fitted) == 0:
        raise NotEnoughHistoryError(f"no customer is known on any date before {split.holdout}")
    preprocessor, labels = Preprocessor.fit(fitted), _labels(fitted)
    nothing = no_trees(preprocessor)
    return ChurnModel(
        booster=nothing.booster,
        preprocessor=preprocessor,
        calibrator=Calibrator.average(labels),
        facts=replace(_facts(split, settings, as_of, labels, nothing), why_average=why),
    )


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


def _labels(examples: pa.Table) -> NDArray[np.bool_]:
    return np.asarray(examples[CHURNED].to_numpy())


def _shortage(parts: Parts) -> str | None:
    """Which part has too few rows of either outcome to learn from, if any."""
    for name, least in LEAST_OF_EITHER.items():
        labels = _labels(getattr(parts, name))
        left = int(labels.sum())
        if min(left, len(labels) - left) < least:
            return (
                f"Too little to learn from: in the {name} part {left} left and "
                f"{len(labels) - left} stayed, and at least {least} of each are needed."
            )
    return None
