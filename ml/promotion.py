"""Whether a candidate replaces the champion: both judged on the same latest holdout."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ml.evaluate import auc_difference, evaluate, log_loss
from ml.model import ChurnModel
from ml.schemas import CHURNED, SNAPSHOT_DATE, check_examples, eligible_rows, sorted_by_keys

# A newer model may be this much worse and still be preferred for having seen newer customers:
# differences of this size come and go from one month's holdout to the next.
MAX_AUC_LOSS = 0.01
MAX_LOG_LOSS_GAIN = 0.005
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

    Any model must give finite probabilities and a smaller log loss than the churn rate known before
    the holdout, said of everybody. A successor must also not be worse than the champion by more
    than 0.01 of ROC AUC or 0.005 of log loss.

    The average, a model without trees, cannot pass that gate: it is promoted where there is no
    champion, or none but an older average, so that every deployment has something to say.

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
    labels = np.asarray(holdout[CHURNED].to_numpy())
    probabilities = candidate.predict(holdout, threads)
    base_rate = np.full(len(labels), candidate.facts.base_rate)
    base_loss = log_loss(labels, base_rate)

    if not np.isfinite(probabilities).all():
        reason = "Refused: some of its probabilities are not numbers."
        return Decision(False, [reason], {}, None, base_loss)
    metrics = evaluate(labels, probabilities)
    if candidate.is_average:
        promote = champion is None or champion.is_average
        verdict = (
            "No model told better than the average who leaves; every customer gets the average, "
            f"{probabilities[0]:.1%}."
            if promote
            else "Refused: it is the average, which tells no customer from another; the champion "
            "stays."
        )
        why = [candidate.facts.why_average] if candidate.facts.why_average else []
        return Decision(promote, [verdict, *why], metrics, None, base_loss)
    if (probabilities == probabilities[0]).all():
        reason = (
            f"Refused: it gives all {len(labels)} customers of {candidate.facts.holdout_date} the "
            "same probability."
        )
        return Decision(False, [reason], metrics, None, base_loss)
    if metrics["log_loss"] >= base_loss:
        reason = (
            f"Refused: its log loss of {metrics['log_loss']:.4f} on {candidate.facts.holdout_date} "
            f"is no better than {base_loss:.4f}, that of saying {candidate.facts.base_rate:.1%} of "
            "everybody."
        )
        return Decision(False, [reason], metrics, None, base_loss)
    useful = (
        f"It beats the base rate on {candidate.facts.holdout_date}: log loss "
        f"{metrics['log_loss']:.4f} against {base_loss:.4f}."
    )
    if champion is None:
        return Decision(True, ["Promoted as the first model.", useful], metrics, None, base_loss)
    if missing := [n for n in champion.required_columns if n not in holdout.column_names]:
        reason = f"Promoted: the champion cannot be scored, it needs {', '.join(missing)}."
        return Decision(True, [reason, useful], metrics, None, base_loss)
    theirs = champion.predict(holdout, threads)
    rival = evaluate(labels, theirs)
    difference = auc_difference(labels, probabilities, theirs, BOOTSTRAP_SEED)
    auc_loss = rival["roc_auc"] - metrics["roc_auc"]
    log_loss_gain = metrics["log_loss"] - rival["log_loss"]
    promote = not (auc_loss > MAX_AUC_LOSS or log_loss_gain > MAX_LOG_LOSS_GAIN)
    comparison = (
        f"On the same {len(labels)} customers the ROC AUC is {metrics['roc_auc']:.4f} against "
        f"{rival['roc_auc']:.4f} (difference {difference.estimate:+.4f}, 95 % interval "
        f"{difference.low:+.4f} to {difference.high:+.4f}) and the log loss "
        f"{metrics['log_loss']:.4f} against {rival['log_loss']:.4f}; tolerated are "
        f"{MAX_AUC_LOSS} and {MAX_LOG_LOSS_GAIN}."
    )
    dates = f"(as of {candidate.facts.as_of}, the champion as of {champion.facts.as_of})"
    verdict = (
        f"Promoted: not worse than the champion {dates}."
        if promote
        else f"Refused: worse than the champion by more than is tolerated {dates}."
    )
    return Decision(
        promote,
        [verdict, comparison, useful, *_overlap(candidate, champion)],
        metrics,
        rival,
        base_loss,
    )


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
