"""Whether a candidate replaces the champion: both judged on the same latest holdout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.churn.model import ChurnModel
from ml.metrics.classification import classification_metrics, log_loss
from ml.metrics.intervals import Interval
from ml.metrics.ranking import Labels, Scores
from ml.metrics.uncertainty import log_loss_difference, paired
from ml.schemas import SNAPSHOT_DATE, check_examples, eligible_rows, labels_of, sorted_by_keys
from ml.segments.evaluation_slices import evaluation_slices

# A newer model may be this much worse and still be preferred for having seen newer customers:
# differences of this size come and go from one month's holdout to the next.
MAX_AUC_LOSS = 0.01
MAX_LOG_LOSS_GAIN = 0.005
# What no group of customers may lose, and how many make a group that can tell.
MAX_GROUP_LOSS = 0.02
LEAST_GROUP = 200
# How much larger than the champion's the calibration error may be.
MAX_CALIBRATION_GAIN = 0.02
BOOTSTRAP_SEED = 11


@dataclass(frozen=True)
class Decision:
    """Whether to promote, why in plain words, and both models' metrics on the holdout.

    `candidate` is empty where its probabilities were not numbers; `champion` is None where there
    was none to compare with.
    """

    promote: bool
    reasons: list[str]
    candidate: dict[str, float]
    champion: dict[str, float] | None
    base_rate_log_loss: float


def decide(
    candidate: ChurnModel,
    champion: ChurnModel | None,
    holdout_examples: pa.Table,
    threads: int = 2,
) -> Decision:
    """Judge a candidate on the holdout, beside the champion where there is one.

    Any model must give finite probabilities and be better than the churn rate known before the
    holdout, said of everybody: the 95 % interval of the gain in log loss must lie above zero. A
    successor must not harm: of the champion's ROC AUC and log loss it may lose no more than 0.01
    and 0.005, as an estimate, and the interval of the loss must not prove it worse by more than a
    half of that; no stage of life, tenure, plan or country may lose more than 0.02 of log loss for
    certain; and its calibration error may be no more than 0.02 above the champion's, unless its
    log loss is lower for certain.

    The average, a model that tells nobody apart, cannot pass that gate: it is promoted where there
    is no champion, or none but an older average, so that every deployment has something to say.

    Args:
        candidate: the newly trained model.
        champion: the model in use, if any.
        holdout_examples: labelled rows; only those of the candidate's holdout date count.
        threads: threads for XGBoost.

    Raises:
        SchemaError: the examples lack what the candidate needs.
        ValueError: the examples hold no row of the holdout date.
    """
    check_examples(holdout_examples)
    holdout = _on_holdout(holdout_examples, candidate)
    labels = labels_of(holdout)
    probabilities = candidate.predict(holdout, threads)
    base_rate = np.full(len(labels), candidate.facts.base_rate)
    base_loss = log_loss(labels, base_rate)

    def refused(reason: str, metrics: dict[str, float]) -> Decision:
        return Decision(False, [f"Refused: {reason}"], metrics, None, base_loss)

    if not np.isfinite(probabilities).all():
        return refused("some of its probabilities are not numbers.", {})
    metrics = classification_metrics(labels, probabilities)
    if candidate.is_average:
        return _decide_average(candidate, champion, probabilities, metrics, base_loss)
    day, base = candidate.facts.holdout_date, candidate.facts.base_rate
    if (probabilities == probabilities[0]).all():
        return refused(f"it gives all {len(labels)} customers of {day} the same.", metrics)
    gain = log_loss_difference(labels, base_rate, probabilities)
    told = (
        f"log loss {metrics['log_loss']:.4f} against {base_loss:.4f} for saying {base:.1%} of "
        f"everybody on {day}, a gain of {_said(gain)}"
    )
    if not gain.low > 0:
        return refused(f"it is not clearly better than the base rate: {told}.", metrics)
    useful = f"It beats the base rate: {told}."
    if champion is None:
        return Decision(True, ["Promoted as the first model.", useful], metrics, None, base_loss)
    if missing := [n for n in champion.required_columns if n not in holdout.column_names]:
        reason = f"Promoted: the champion cannot be scored, it needs {', '.join(missing)}."
        return Decision(True, [reason, useful], metrics, None, base_loss)
    theirs = champion.predict(holdout, threads)
    rival = classification_metrics(labels, theirs)
    differences = paired(labels, probabilities, theirs, BOOTSTRAP_SEED)
    auc, loss = differences["roc_auc"], differences["log_loss"]
    harms = list(_harms(holdout, labels, probabilities, theirs, auc, loss))
    error = metrics["calibration_error"] - rival["calibration_error"]
    if error > MAX_CALIBRATION_GAIN and not loss.high < 0:
        harms.append(f"the calibration error is larger by {error:.3f}")
    dates = f"(as of {candidate.facts.as_of}, the champion as of {champion.facts.as_of})"
    verdict = (
        f"Refused {dates}: {'; '.join(harms)}." if harms else f"Promoted: it does no harm {dates}."
    )
    comparison = (
        f"On the same {len(labels)} customers the ROC AUC is {metrics['roc_auc']:.4f} against "
        f"{rival['roc_auc']:.4f} ({_said(auc)}) and the log loss {metrics['log_loss']:.4f} against "
        f"{rival['log_loss']:.4f} ({_said(loss)})."
    )
    reasons = [verdict, comparison, useful, *_overlap(candidate, champion)]
    return Decision(not harms, reasons, metrics, rival, base_loss)


def _decide_average(
    average: ChurnModel,
    champion: ChurnModel | None,
    probabilities: Scores,
    metrics: dict[str, float],
    base_loss: float,
) -> Decision:
    promote = champion is None or champion.is_average
    verdict = (
        "No model told better than the average who leaves; every customer gets the average, "
        f"{probabilities[0]:.1%}."
        if promote
        else "Refused: it is the average, which tells no customer from another; the champion stays."
    )
    why = [average.facts.why_average] if average.facts.why_average else []
    return Decision(promote, [verdict, *why], metrics, None, base_loss)


def _harms(
    holdout: pa.Table,
    labels: Labels,
    ours: Scores,
    theirs: Scores,
    auc: Interval,
    loss: Interval,
) -> Iterator[str]:
    """In what the candidate is worse than is tolerated."""
    if auc.estimate < -MAX_AUC_LOSS or auc.high < -MAX_AUC_LOSS / 2:
        yield f"the ROC AUC is lower by more than is tolerated, {_said(auc)}"
    if loss.estimate > MAX_LOG_LOSS_GAIN or loss.low > MAX_LOG_LOSS_GAIN / 2:
        yield f"the log loss is higher by more than is tolerated, {_said(loss)}"
    for dimension, members in evaluation_slices(holdout).items():
        groups = np.array([str(group) for group in members])
        for group in sorted(set(groups)):
            inside = groups == group
            if inside.sum() < LEAST_GROUP:
                continue
            worse = log_loss_difference(labels[inside], ours[inside], theirs[inside])
            if worse.low > MAX_GROUP_LOSS:
                yield f"{dimension} {group} loses {_said(worse)} of log loss"


def _said(interval: Interval) -> str:
    return f"{interval.estimate:+.4f}, 95 % interval {interval.low:+.4f} to {interval.high:+.4f}"


def _on_holdout(examples: pa.Table, candidate: ChurnModel) -> pa.Table:
    day = candidate.facts.holdout_date
    rows = eligible_rows(examples)
    rows = rows.filter(pc.equal(rows[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(day)))
    if len(rows) == 0:
        raise ValueError(f"no eligible example of the holdout date {day}")
    return sorted_by_keys(rows)


def _overlap(candidate: ChurnModel, champion: ChurnModel) -> list[str]:
    """Say it where the champion was fitted on outcomes the holdout is judged by."""
    facts = champion.facts
    fitted = [*facts.train_dates, *facts.calibration_dates]
    holdout = candidate.facts.holdout_date
    seen = [day for day in fitted if abs((day - holdout).days) < facts.horizon_days]
    if not seen:
        return []
    dates = " and ".join(sorted({str(seen[0]), str(seen[-1])}))
    return [
        (
            "The champion was fitted on outcomes that overlap this holdout's, which flatters it: "
            f"first and last such date {dates}."
        )
    ]
