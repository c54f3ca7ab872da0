"""Train a churn model on the past and judge it once on a later date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.baselines import baselines
from ml.boost import boost
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


@dataclass(frozen=True)
class BaselineResult:
    """A baseline on the holdout; all is None where the note says not applicable."""

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
        """Every figure under one name each, such as `roc_auc` and `recency.roc_auc`."""
        figures = {**self.metrics, "uncalibrated_brier": self.uncalibrated_brier}
        for baseline in self.baselines:
            for name, value in (baseline.metrics or {}).items():
                figures[f"{baseline.name}.{name}"] = value
            if baseline.auc_difference:
                difference = baseline.auc_difference
                figures[f"{baseline.name}.auc_difference"] = difference.estimate
                figures[f"{baseline.name}.auc_difference_low"] = difference.low
                figures[f"{baseline.name}.auc_difference_high"] = difference.high
        return figures


def fit(
    examples: pa.Table,
    settings: TrainingSettings,
    *,
    as_of: date,
    histories: pa.Table | None = None,
) -> TrainingResult:
    """Train, calibrate and judge a churn model; the same input gives the same bytes.

    Args:
        examples: labelled rows of several cutoffs; dates that the split does not use, or whose
            label window had not passed by `as_of`, are left out.
        settings: dates, sizes and boosting parameters.
        as_of: the day on which the training is done; nothing later may enter.
        histories: baseline columns on the holdout date of all customers, eligible or not, for
            BG/NBD's own fit; without it BG/NBD is fitted on the eligible ones alone.

    Raises:
        NotEnoughHistoryError: the dates cannot be split, or a part lacks rows of either outcome.
        SchemaError: a column is missing, unreadable or null where it must be known.
    """
    check_examples(examples)
    examples = eligible_rows(examples)
    matured = pc.less_equal(
        examples[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(as_of - settings.horizon)
    )
    examples = examples.filter(matured)
    split = split_by_time(
        examples[SNAPSHOT_DATE].cast(pa.date32()).unique().to_pylist(), settings.horizon_days
    )
    parts = divide(examples, split, settings)
    _require_both_outcomes(parts)
    model, gains = _train(parts, split, settings, as_of)

    labels = _labels(parts.holdout)
    probabilities = model.predict(parts.holdout, settings.threads)
    uncalibrated = replace(model, calibrator=Calibrator()).predict(parts.holdout, settings.threads)
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
                auc_difference(labels, probabilities, peer.probabilities, settings.seed),
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
        facts=ModelFacts(
            as_of=as_of,
            kind=settings.kind,
            horizon_days=settings.horizon_days,
            train_dates=split.train,
            calibration_dates=split.calibration,
            holdout_date=split.holdout,
            base_rate=float(np.concatenate([labels, later_labels]).mean()),
            rounds=boosted.rounds,
            max_depth=boosted.max_depth,
        ),
    )
    margins = model.predictor(settings.threads).margins(parts.calibration)
    return replace(model, calibrator=Calibrator.fit(margins, later_labels)), boosted.gains


def _labels(examples: pa.Table) -> NDArray[np.bool_]:
    return np.asarray(examples[CHURNED].to_numpy())


def _require_both_outcomes(parts: Parts) -> None:
    for name in ("train", "calibration", "holdout"):
        labels = _labels(getattr(parts, name))
        if len(labels) == 0 or labels.all() or not labels.any():
            raise NotEnoughHistoryError(
                f"the {name} part has {len(labels)} customers of whom {int(labels.sum())} left: "
                "both outcomes are needed in every part"
            )
