"""Promotion gate: decides whether a candidate replaces the champion, on the same holdout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.churn.model import ChurnModel
from ml.errors import ModelError
from ml.metrics.classification import classification_metrics, log_loss
from ml.metrics.intervals import Interval
from ml.metrics.ranking import Labels, Scores
from ml.metrics.uncertainty import log_loss_difference, paired
from ml.schemas import SNAPSHOT_DATE, check_examples, eligible_rows, labels_of, sorted_by_keys
from ml.segments.evaluation_slices import evaluation_slices

# Tolerated loss of a newer model, which has seen newer customers: differences of this size change
# their sign from one month's holdout to the next.
MAX_AUC_LOSS = 0.01
MAX_LOG_LOSS_GAIN = 0.005
# Tolerated loss of log loss in a slice, and the customers from which a slice is tested.
MAX_SLICE_LOSS = 0.02
LEAST_SLICE = 200
# Tolerated increase of the calibration error.
MAX_CALIBRATION_GAIN = 0.02
BOOTSTRAP_SEED = 11


@dataclass(frozen=True)
class Decision:
    """Verdict on a candidate, `promote` if it replaces the champion, and reasons as sentences."""

    promote: bool
    reasons: list[str]


def decide(
    candidate: ChurnModel,
    champion: ChurnModel | None,
    holdout_examples: pa.Table,
    threads: int = 2,
) -> Decision:
    """Compare a candidate with the base rate and with the champion on the candidate's holdout.

    Every candidate must give finite probabilities and reduce the log loss of the base rate, with a
    95 % interval of the gain above zero. A champion is replaced unless the candidate

    - loses more than 0.01 of ROC AUC or 0.005 of log loss, as an estimate, or significantly more
      than half of these;
    - loses significantly more than 0.02 of log loss in a slice of lifecycle stage, tenure, plan or
      country with at least 200 customers;
    - has a calibration error larger by more than 0.02, and not a significantly lower log loss.

    The base rate as a candidate is promoted without these tests if there is no champion or the
    champion is a base rate too.

    Args:
        candidate: the newly trained model.
        champion: the model in use, if any.
        holdout_examples: labelled rows; only those of the candidate's holdout date are used.
        threads: threads for XGBoost.

    Raises:
        ModelError: no eligible row has the holdout date.
        SchemaError: a column of the candidate is missing or has the wrong type.
    """
    check_examples(holdout_examples)
    holdout = _on_holdout(holdout_examples, candidate)
    labels, probabilities = labels_of(holdout), candidate.predict(holdout, threads)
    if not np.isfinite(probabilities).all():
        return _refused("some probabilities are not finite numbers.")
    if candidate.is_average:
        return _decide_base_rate(candidate, champion, float(probabilities[0]))
    if (probabilities == probabilities[0]).all():
        day = candidate.facts.holdout_date
        return _refused(f"all {len(labels)} customers of {day} have the same probability.")
    base_rate = np.full(len(labels), candidate.facts.base_rate)
    gain = log_loss_difference(labels, base_rate, probabilities)
    compared = (
        f"log loss {log_loss(labels, probabilities):.4f} against {log_loss(labels, base_rate):.4f} "
        f"of the base rate {candidate.facts.base_rate:.1%} on {candidate.facts.holdout_date}, a "
        f"gain of {_formatted(gain)}"
    )
    if not gain.low > 0:
        return _refused(f"the gain over the base rate is not significant, {compared}.")
    useful = f"The candidate is better than the base rate: {compared}."
    if champion is None:
        return Decision(True, ["Promoted as the first model.", useful])
    if missing := [n for n in champion.required_columns if n not in holdout.column_names]:
        reason = f"Promoted: the champion cannot be scored without {', '.join(missing)}."
        return Decision(True, [reason, useful])
    verdict = _against_champion(candidate, champion, holdout, probabilities, threads)
    return Decision(verdict.promote, [*verdict.reasons, useful, *_overlap(candidate, champion)])


def _refused(reason: str) -> Decision:
    return Decision(False, [f"Refused: {reason}"])


def _decide_base_rate(candidate: ChurnModel, champion: ChurnModel | None, rate: float) -> Decision:
    """The decision on the base rate as a candidate."""
    promote = champion is None or champion.is_average
    verdict = (
        "No model was better than the base rate, which is promoted as the model: every customer "
        f"has the churn probability {rate:.1%}."
        if promote
        else "Refused: the candidate is the base rate, which ranks no customer; the champion stays."
    )
    why = [candidate.facts.why_average] if candidate.facts.why_average else []
    return Decision(promote, [verdict, *why])


def _against_champion(
    candidate: ChurnModel,
    champion: ChurnModel,
    holdout: pa.Table,
    probabilities: Scores,
    threads: int,
) -> Decision:
    """The decision by the comparison with the champion, with verdict and comparison as reasons."""
    labels, theirs = labels_of(holdout), champion.predict(holdout, threads)
    ours, rival = (classification_metrics(labels, each) for each in (probabilities, theirs))
    differences = paired(labels, probabilities, theirs, BOOTSTRAP_SEED)
    auc, loss = differences["roc_auc"], differences["log_loss"]
    losses = [
        *_overall_losses(auc, loss),
        *_slice_losses(holdout, labels, probabilities, theirs),
    ]
    error = ours["calibration_error"] - rival["calibration_error"]
    if error > MAX_CALIBRATION_GAIN and not loss.high < 0:
        losses.append(f"the calibration error is larger by {error:.3f}")
    dates = f"(as of {candidate.facts.as_of}, the champion as of {champion.facts.as_of})"
    verdict = (
        f"Refused {dates}: {'; '.join(losses)}."
        if losses
        else f"Promoted: no metric is worse than tolerated {dates}."
    )
    comparison = (
        f"On the same {len(labels)} customers the ROC AUC is {ours['roc_auc']:.4f} against "
        f"{rival['roc_auc']:.4f} ({_formatted(auc)}) and the log loss {ours['log_loss']:.4f} "
        f"against {rival['log_loss']:.4f} ({_formatted(loss)})."
    )
    return Decision(not losses, [verdict, comparison])


def _overall_losses(auc: Interval, loss: Interval) -> Iterator[str]:
    """Metrics of all customers that are worse than tolerated."""
    if auc.estimate < -MAX_AUC_LOSS or auc.high < -MAX_AUC_LOSS / 2:
        yield f"the ROC AUC is lower by more than is tolerated, {_formatted(auc)}"
    if loss.estimate > MAX_LOG_LOSS_GAIN or loss.low > MAX_LOG_LOSS_GAIN / 2:
        yield f"the log loss is higher by more than is tolerated, {_formatted(loss)}"


def _slice_losses(holdout: pa.Table, labels: Labels, ours: Scores, theirs: Scores) -> Iterator[str]:
    """Slices whose log loss is significantly higher than tolerated."""
    for dimension, members in evaluation_slices(holdout).items():
        groups = np.array([str(group) for group in members])
        for group in sorted(set(groups)):
            inside = groups == group
            if inside.sum() < LEAST_SLICE:
                continue
            worse = log_loss_difference(labels[inside], ours[inside], theirs[inside])
            if worse.low > MAX_SLICE_LOSS:
                yield f"the log loss of {dimension} {group} is higher, {_formatted(worse)}"


def _formatted(interval: Interval) -> str:
    return f"{interval.estimate:+.4f}, 95 % interval {interval.low:+.4f} to {interval.high:+.4f}"


def _on_holdout(examples: pa.Table, candidate: ChurnModel) -> pa.Table:
    day = candidate.facts.holdout_date
    rows = eligible_rows(examples)
    rows = rows.filter(pc.equal(rows[SNAPSHOT_DATE].cast(pa.date32()), pa.scalar(day)))
    if len(rows) == 0:
        raise ModelError(f"no eligible example of the holdout date {day}")
    return sorted_by_keys(rows)


def _overlap(candidate: ChurnModel, champion: ChurnModel) -> list[str]:
    """A sentence if label windows of the champion's training overlap those of the holdout."""
    facts = champion.facts
    fitted = [*facts.train_dates, *facts.calibration_dates]
    holdout = candidate.facts.holdout_date
    seen = [day for day in fitted if abs((day - holdout).days) < facts.horizon_days]
    if not seen:
        return []
    dates = " and ".join(sorted({str(seen[0]), str(seen[-1])}))
    return [
        (
            "The champion was fitted on label windows that overlap the holdout's, which favours "
            f"it: first and last such date {dates}."
        )
    ]
