"""Train a churn model on the past and judge it once on a later date.

Where nothing can be learned the model is the average: the same artefact without anything that
tells customers apart.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from ml.churn.calibrate import Calibrator
from ml.churn.hazard import fit_hazard
from ml.churn.split import NotEnoughHistoryError, Parts, Split, divide, split_by_time
from ml.config import TrainingSettings
from ml.metrics.evaluate import brier, evaluate
from ml.metrics.intervals import auc_difference
from ml.metrics.profit import empc
from ml.metrics.ranking import Labels, Scores
from ml.metrics.slices import by_slice
from ml.metrics.tiers import by_tier
from ml.metrics.uncertainty import intervals
from ml.purchases.purchase_process import NoProcessError, PurchaseProcess
from ml.schemas import SNAPSHOT_DATE, check_examples, eligible_rows, labels_of
from ml.segments.customer_groups import customer_groups
from ml.training.baselines import Baseline, baselines
from ml.training.fitting import Fitted, Signs, average, fit_parts, shortage_of
from ml.training.leakage import LeakageError, changed_after, find_leaks
from ml.training.training_result import BaselineResult, OriginResult, TrainingResult
from ml.value.value import fit_value


def fit(
    examples: pa.Table,
    settings: TrainingSettings,
    *,
    as_of: date,
    histories: pa.Table | None = None,
    later: pa.Table | None = None,
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
        later: customers' texts and yes-or-no features on `as_of`, when the holdout's outcomes are
            known; with it the guard also looks for those that change once a customer has left.
        signs: which way a feature may act.

    Raises:
        LeakageError: a feature knows the outcome; the message names it.
        NotEnoughHistoryError: the dates cannot be split.
        SchemaError: a column is missing, unreadable or null where it must be known.
    """
    known = _matured(examples, settings, as_of)
    split, parts = _split(known, settings)
    trusted = settings.trusted_features
    leaks = find_leaks(
        parts.past, parts.holdout, max_solo_auc=settings.max_solo_auc, trusted=trusted
    )
    if later is not None:
        leaks += changed_after(parts.holdout, later, trusted=trusted)
    if leaks:
        raise LeakageError(leaks)
    bought = parts.holdout if histories is None else histories
    process = _process(bought, settings)
    fitted = fit_parts(parts, split, settings, as_of, process, signs or {})
    judged = _judge(fitted, parts, split, settings, process)
    result = _with_hazard(_with_value(judged, parts, bought, process), parts)
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
    return _with_hazard(_with_value(judged, parts, bought, process), parts)


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
    margins = model.predictor(settings.threads).margins(parts.holdout)
    probabilities = model.calibrator.apply(margins)
    uncalibrated = probabilities if model.is_average else Calibrator().apply(margins)
    shares = model.feature_shares(parts.holdout, settings.threads)
    return TrainingResult(
        model=model,
        settings=settings,
        split=split,
        metrics=evaluate(labels, probabilities),
        uncalibrated_brier=brier(labels, uncalibrated),
        baselines=tuple(
            _beside(peer, labels, probabilities, settings)
            for peer in baselines(parts.past, parts.holdout, process, settings)
        ),
        holdout=parts.holdout,
        holdout_labels=labels,
        holdout_probabilities=probabilities,
        feature_shares={
            name: share
            for name, share in sorted(shares.items(), key=lambda item: -item[1])
            if share > 0
        },
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


def _beside(
    peer: Baseline, labels: Labels, probabilities: Scores, settings: TrainingSettings
) -> BaselineResult:
    """A baseline beside the model's probabilities for the same customers."""
    if peer.probabilities is None:
        return BaselineResult(peer.name, peer.note, None, None, None)
    can_be_ranked = bool(labels.any()) and not labels.all()
    return BaselineResult(
        peer.name,
        peer.note,
        peer.probabilities,
        evaluate(labels, peer.probabilities),
        auc_difference(labels, probabilities, peer.probabilities, settings.seed)
        if can_be_ranked
        else None,
    )


def _with_hazard(result: TrainingResult, parts: Parts) -> TrainingResult:
    """The result, and for contracts its model, with the hazard of the months ahead."""
    if result.settings.kind != "contractual":
        return result
    past, facts = parts.past, result.model.facts
    found = fit_hazard(
        (past, result.model.predict(past, result.settings.threads)),
        (result.holdout, result.holdout_probabilities),
        horizon_days=facts.horizon_days,
        holdout_date=facts.holdout_date,
        as_of=facts.as_of,
    )
    if found is None:
        return result
    return replace(result, model=replace(result.model, hazard=found.model), hazard=found)


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
        origins.append(
            OriginResult(
                holdout=split.holdout,
                customers=len(parts.holdout),
                metrics=evaluate(labels, model.predict(parts.holdout, settings.threads)),
                baselines={
                    peer.name: evaluate(labels, peer.probabilities)
                    for peer in baselines(parts.past, parts.holdout, process, settings)
                    if peer.probabilities is not None
                },
            )
        )
    return tuple(origins)
