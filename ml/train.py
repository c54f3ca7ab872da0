"""Train a churn model on the past and judge it once on a later date.

Where nothing can be learned the model is the average: the same artefact without anything that
tells customers apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.baselines import baselines
from ml.boost import Boosted, Rows, boost, boost_again, no_trees
from ml.calibrate import Calibrator
from ml.config import TrainingSettings
from ml.customer_groups import customer_groups
from ml.evaluate import brier, evaluate
from ml.intervals import Interval, auc_difference
from ml.leakage import LeakageError, find_leaks
from ml.linear_base import LinearBase
from ml.model import ChurnModel, ModelFacts, batches
from ml.preprocess import Preprocessor
from ml.profit import ExpectedProfit, empc
from ml.purchase_process import NoProcessError, PurchaseProcess
from ml.schemas import (
    CHURNED,
    CUSTOMER_ID,
    HOLDOUT_SCORES,
    SNAPSHOT_DATE,
    check_examples,
    eligible_rows,
)
from ml.slices import SliceTable, by_slice
from ml.split import NotEnoughHistoryError, Parts, Split, divide, split_by_time
from ml.tiers import Tier, by_tier
from ml.tuning import Trial, tune
from ml.uncertainty import intervals
from ml.value import ValueResult, fit_value

# Rows of either outcome below which nothing is learned. A leaf takes about ten leavers
# (`min_child_weight`), so 30 are three leaves; ten are the fewest that calibrate, and with ten in
# the holdout the standard error of the ROC AUC is about 0.09.
LEAST_OF_EITHER = {"train": 30, "calibration": 10, "holdout": 10}

# Small data are fitted once more with the calibration rows, the latest there are: on a telephone
# company's 4,500 and 1,100 rows that raised the top decile's lift from 2.85 to 2.91. Beyond this
# many rows it would double the time of training for nothing that shows.
MAX_REFIT_ROWS = 100_000

# Which way a feature may act: 1 where more of it never lowers the risk, −1 the other way round.
Signs = Mapping[str, int]


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
class OriginResult:
    """The same recipe on an earlier holdout: trained on what was known then, judged after it."""

    holdout: date
    customers: int
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]


@dataclass(frozen=True)
class TrainingResult:
    """A model and how it did on the holdout, which it never saw.

    `holdout_labels` and `holdout_probabilities` have shape (holdout customers,), in the order of
    the holdout's rows. `feature_shares` say what the model reads: each feature's mean absolute
    contribution to the holdout's log odds, as a share of all, largest first. `intervals` are of the
    `metrics`, `slices` of groups of customers and `tiers` of the risk tiers. `trials` are those of
    the tuning, `origins` earlier holdouts, latest first; `value` is None where there is none to
    speak of.
    """

    model: ChurnModel
    settings: TrainingSettings
    split: Split
    metrics: dict[str, float]
    uncalibrated_brier: float
    baselines: tuple[BaselineResult, ...]
    holdout: pa.Table
    holdout_labels: NDArray[np.bool_]
    holdout_probabilities: NDArray[np.float64]
    feature_shares: dict[str, float]
    row_counts: dict[str, int]
    intervals: dict[str, Interval]
    slices: SliceTable
    tiers: tuple[Tier, ...]
    empc: ExpectedProfit
    trials: tuple[Trial, ...] = ()
    origins: tuple[OriginResult, ...] = ()
    value: ValueResult | None = None

    def holdout_scores(self, model_version: str) -> pa.Table:
        """The holdout's probabilities as a table of `HOLDOUT_SCORES`."""
        rows = len(self.holdout)
        return pa.table(
            [
                pa.repeat(pa.scalar(self.split.holdout), rows),
                self.holdout[CUSTOMER_ID].cast(pa.string()).combine_chunks(),
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
        figures["empc"] = self.empc.per_customer
        figures.update(self.value.metrics() if self.value else {})
        for name, interval in self.intervals.items():
            figures[f"{name}_low"], figures[f"{name}_high"] = interval.low, interval.high
        for tier in self.tiers:
            figures[f"tier_{tier.name}.predicted"] = tier.mean_predicted
            figures[f"tier_{tier.name}.churn_rate"] = tier.churn_rate.estimate
        for baseline in self.baselines:
            for name, value in (baseline.metrics or {}).items():
                figures[f"{baseline.name}.{name}"] = value
            if baseline.auc_difference:
                difference = baseline.auc_difference
                figures[f"{baseline.name}.auc_difference"] = difference.estimate
                figures[f"{baseline.name}.auc_difference_low"] = difference.low
                figures[f"{baseline.name}.auc_difference_high"] = difference.high
        return {name: value for name, value in figures.items() if np.isfinite(value)}


@dataclass(frozen=True)
class _Fitted:
    model: ChurnModel
    trials: tuple[Trial, ...]


def fit(
    examples: pa.Table,
    settings: TrainingSettings,
    *,
    as_of: date,
    histories: pa.Table | None = None,
    signs: Signs | None = None,
) -> TrainingResult:
    """Train, calibrate and judge a churn model; the same input gives the same bytes.

    Where a part has too few rows of either outcome to learn from, the model is the average.

    Args:
        examples: labelled rows of several cutoffs; dates that the split does not use, or whose
            label window had not passed by `as_of`, are left out.
        settings: dates, sizes and boosting parameters.
        as_of: the day on which the training is done; nothing later may enter.
        histories: purchase histories on the holdout date of all customers, eligible or not, for the
            purchase process and the value; without it they are fitted on the eligible ones alone.
        signs: which way a feature may act.

    Raises:
        LeakageError: a feature knows the outcome; the message names it.
        NotEnoughHistoryError: the dates cannot be split.
        SchemaError: a column is missing, unreadable or null where it must be known.
    """
    known = _matured(examples, settings, as_of)
    split, parts = _split(known, settings)
    leaks = find_leaks(
        pa.concat_tables([parts.train, parts.calibration]),
        parts.holdout,
        max_solo_auc=settings.max_solo_auc,
        trusted=settings.trusted_features,
    )
    if leaks:
        raise LeakageError(leaks)
    bought = parts.holdout if histories is None else histories
    process = _process(bought, settings)
    fitted = _fit_parts(parts, split, settings, as_of, process, signs or {})
    result = _judge(fitted, parts, split, settings, process)
    return replace(
        result,
        value=_value(parts, bought, process),
        origins=_earlier_origins(known, result, as_of, signs or {}),
    )


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
    split, parts = _split(_matured(examples, settings, as_of), settings)
    bought = parts.holdout if histories is None else histories
    process = _process(bought, settings)
    average = _average(parts, split, settings, as_of, why)
    judged = _judge(average, parts, split, settings, process)
    return replace(judged, value=_value(parts, bought, process))


def _matured(examples: pa.Table, settings: TrainingSettings, as_of: date) -> pa.Table:
    check_examples(examples)
    examples = eligible_rows(examples)
    return examples.filter(
        pc.less_equal(
            examples[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(as_of - settings.horizon)
        )
    )


def _split(examples: pa.Table, settings: TrainingSettings) -> tuple[Split, Parts]:
    split = split_by_time(
        examples[SNAPSHOT_DATE].cast(pa.date32()).unique().to_pylist(), settings.horizon_days
    )
    return split, divide(examples, split, settings)


def _value(
    parts: Parts, histories: pa.Table, process: PurchaseProcess | None
) -> ValueResult | None:
    past = pa.concat_tables([parts.train, parts.calibration])
    return fit_value(histories, past, parts.holdout, process)


def _process(histories: pa.Table, settings: TrainingSettings) -> PurchaseProcess | None:
    """None for contracts, whose end is told, and where there is nothing to fit."""
    if settings.kind == "contractual":
        return None
    try:
        return PurchaseProcess.fit(histories, settings.horizon_days)
    except NoProcessError:
        return None


def _fit_parts(
    parts: Parts,
    split: Split,
    settings: TrainingSettings,
    as_of: date,
    process: PurchaseProcess | None,
    signs: Signs,
) -> _Fitted:
    if shortage := _shortage(parts):
        return _average(parts, split, settings, as_of, shortage)
    train, calibration = (
        part if process is None else process.extend(part)
        for part in (parts.train, parts.calibration)
    )

    def judge(fitted_on: pa.Table, judged: pa.Table, tried: TrainingSettings) -> float:
        return _boosted(fitted_on, judged, tried, signs)[2].log_loss

    tuned, trials = tune(train, settings, judge)
    base, preprocessor, boosted = _boosted(train, calibration, tuned, signs)
    labels, later_labels = _labels(parts.train), _labels(parts.calibration)
    model = ChurnModel(
        process=process,
        base=base,
        booster=boosted.booster,
        preprocessor=preprocessor,
        calibrator=Calibrator(),
        facts=_facts(split, settings, as_of, np.concatenate([labels, later_labels]), boosted),
    )
    margins = model.predictor(settings.threads).margins(parts.calibration)
    model = replace(model, calibrator=Calibrator.fit(margins, later_labels))
    if len(train) + len(calibration) <= MAX_REFIT_ROWS:
        model = _boosted_again(pa.concat_tables([train, calibration]), model, tuned, signs)
    fitted_on = pa.concat_tables([parts.train, parts.calibration])
    margins = model.predictor(settings.threads).margins(fitted_on)
    level = model.calibrator.at_level(margins, _labels(fitted_on))
    return _Fitted(replace(model, calibrator=level), trials)


def _boosted(
    train: pa.Table, stopping: pa.Table, settings: TrainingSettings, signs: Signs
) -> tuple[LinearBase, Preprocessor, Boosted]:
    preprocessor = Preprocessor.fit(train)
    base = LinearBase.fit(train, _labels(train))
    first, second = (
        Rows(preprocessor.transform(part), _labels(part), base.margins(part))
        for part in (train, stopping)
    )
    return base, preprocessor, boost(first, second, preprocessor, settings, signs)


def _boosted_again(
    rows: pa.Table, model: ChurnModel, settings: TrainingSettings, signs: Signs
) -> ChurnModel:
    """The model with base and trees grown anew on training and calibration rows together.

    The calibrator's slopes stay: they were fitted on rows that its trees had not seen.
    """
    preprocessor, labels = Preprocessor.fit(rows), _labels(rows)
    base = LinearBase.fit(rows, labels)
    all_rows = Rows(preprocessor.transform(rows), labels, base.margins(rows))
    boosted = boost_again(all_rows, model.facts.rounds, preprocessor, settings, signs)
    return replace(model, base=base, booster=boosted.booster, preprocessor=preprocessor)


def _judge(
    fitted: _Fitted,
    parts: Parts,
    split: Split,
    settings: TrainingSettings,
    process: PurchaseProcess | None,
) -> TrainingResult:
    model, labels = fitted.model, _labels(parts.holdout)
    probabilities = model.predict(parts.holdout, settings.threads)
    uncalibrated = (
        probabilities
        if model.is_average
        else replace(model, calibrator=Calibrator()).predict(parts.holdout, settings.threads)
    )
    can_be_ranked = bool(labels.any()) and not labels.all()
    fitted_on = pa.concat_tables([parts.train, parts.calibration])
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
            for peer in baselines(fitted_on, parts.holdout, process, settings)
        ),
        holdout=parts.holdout,
        holdout_labels=labels,
        holdout_probabilities=probabilities,
        feature_shares=_feature_shares(model, parts.holdout, settings),
        intervals=intervals(labels, probabilities, settings.seed, economics=settings.economics),
        slices=by_slice(labels, probabilities, customer_groups(parts.holdout)),
        tiers=by_tier(labels, probabilities, settings.medium_risk, settings.high_risk),
        empc=empc(labels, probabilities, settings.economics),
        row_counts={
            "train": len(parts.train),
            "calibration": len(parts.calibration),
            "holdout": len(parts.holdout),
        },
        trials=fitted.trials,
    )


def _feature_shares(
    model: ChurnModel, holdout: pa.Table, settings: TrainingSettings
) -> dict[str, float]:
    predictor = model.predictor(settings.threads)
    totals = np.zeros(len(model.preprocessor.names))
    for batch in batches(holdout):
        totals += np.abs(predictor.contributions(predictor.prepare(batch), exact=False)).sum(axis=0)
    weighed = {
        name: float(total)
        for name, total in zip(model.preprocessor.names, totals, strict=True)
        if total > 0
    }
    everything = sum(weighed.values())
    return {
        name: total / everything
        for name, total in sorted(weighed.items(), key=lambda item: -item[1])
    }


def _earlier_origins(
    known: pa.Table, result: TrainingResult, as_of: date, signs: Signs
) -> tuple[OriginResult, ...]:
    """The recipe on the holdouts before, with the tuned parameters' search left out.

    Only eligible customers are known there, so the purchase process is fitted on them alone.
    """
    settings = replace(
        result.settings, tuning_trials=0, earlier_origins=0, max_rows=result.settings.max_rows // 5
    )
    origins: list[OriginResult] = []
    for number in range(1, result.settings.earlier_origins + 1):
        earlier = as_of - number * settings.step
        seen = _matured(known, settings, earlier)
        try:
            split, parts = _split(seen, settings)
        except NotEnoughHistoryError:
            break
        if _shortage(parts):
            break
        process = _process(parts.holdout, settings)
        model = _fit_parts(parts, split, settings, earlier, process, signs).model
        labels = _labels(parts.holdout)
        fitted_on = pa.concat_tables([parts.train, parts.calibration])
        origins.append(
            OriginResult(
                holdout=split.holdout,
                customers=len(parts.holdout),
                metrics=evaluate(labels, model.predict(parts.holdout, settings.threads)),
                baselines={
                    peer.name: evaluate(labels, peer.probabilities)
                    for peer in baselines(fitted_on, parts.holdout, process, settings)
                    if peer.probabilities is not None
                },
            )
        )
    return tuple(origins)


def _average(
    parts: Parts, split: Split, settings: TrainingSettings, as_of: date, why: str
) -> _Fitted:
    fitted = pa.concat_tables([parts.train, parts.calibration])
    if len(fitted) == 0:
        raise NotEnoughHistoryError(f"no customer is known on any date before {split.holdout}")
    preprocessor, labels = Preprocessor.fit(fitted), _labels(fitted)
    nothing = no_trees(preprocessor)
    model = ChurnModel(
        process=None,
        base=LinearBase(0.0, ()),
        booster=nothing.booster,
        preprocessor=preprocessor,
        calibrator=Calibrator.average(labels),
        facts=replace(_facts(split, settings, as_of, labels, nothing), why_average=why),
    )
    return _Fitted(model, ())


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
