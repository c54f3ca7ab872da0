"""Train a churn model on the past and judge it once on a later date.

Where nothing can be learned the model is the average: the same artefact without anything that
tells customers apart.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.baselines import baselines
from ml.calibrate import Calibrator
from ml.config import TrainingSettings
from ml.customer_groups import customer_groups
from ml.evaluate import brier, evaluate
from ml.fitting import Fitted, Signs, average, fit_parts, labels_of, shortage_of
from ml.intervals import auc_difference
from ml.leakage import LeakageError, find_leaks
from ml.model import ChurnModel, batches
from ml.profit import empc
from ml.purchase_process import NoProcessError, PurchaseProcess
from ml.schemas import SNAPSHOT_DATE, check_examples, eligible_rows
from ml.slices import by_slice
from ml.split import NotEnoughHistoryError, Parts, Split, divide, split_by_time
from ml.tiers import by_tier
from ml.training_result import BaselineResult, OriginResult, TrainingResult
from ml.uncertainty import intervals
from ml.value import fit_value


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
    fitted = fit_parts(parts, split, settings, as_of, process, signs or {})
    result = _with_value(_judge(fitted, parts, split, settings, process), parts, bought, process)
    return replace(result, origins=_earlier_origins(known, result, as_of, signs or {}))


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
    nothing_better = average(parts, split, settings, as_of, why)
    judged = _judge(nothing_better, parts, split, settings, process)
    return _with_value(judged, parts, bought, process)


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


def _with_value(
    result: TrainingResult, parts: Parts, histories: pa.Table, process: PurchaseProcess | None
) -> TrainingResult:
    """The result with what customers are worth, and in its model the trees that tell it, if any."""
    value = fit_value(histories, parts, process, result.model, result.settings)
    model = replace(result.model, value_trees=value.trees if value else None)
    return replace(result, model=model, value=value)


def _process(histories: pa.Table, settings: TrainingSettings) -> PurchaseProcess | None:
    """None for contracts, whose end is told, and where there is nothing to fit."""
    if settings.kind == "contractual":
        return None
    try:
        return PurchaseProcess.fit(histories, settings.horizon_days)
    except NoProcessError:
        return None


def _judge(
    fitted: Fitted,
    parts: Parts,
    split: Split,
    settings: TrainingSettings,
    process: PurchaseProcess | None,
) -> TrainingResult:
    model, labels = fitted.model, labels_of(parts.holdout)
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
        if shortage_of(parts):
            break
        process = _process(parts.holdout, settings)
        model = fit_parts(parts, split, settings, earlier, process, signs).model
        labels = labels_of(parts.holdout)
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
