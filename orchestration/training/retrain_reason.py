"""Retraining policy: from drift, decay and the calendar to a reason for training, or to none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import pi, sqrt

from deployment.config import Drift

# The tag of a run that holds the reason; the UI shows it.
RETRAIN_REASON = "holdfast/retrain_reason"
ASKED_FOR = "a person asked for it"
# Features named in the reason, by descending weight.
NAMED_FEATURES = 5
NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Outcome:
    """The realised outcome of a date's predictions, a row of feedback.prediction_performance."""

    snapshot_date: date
    customers: int
    churn_rate: float
    roc_auc: float | None
    calibration_error: float

    @property
    def auc_error(self) -> float:
        """Standard error of the ROC AUC.

        Hanley, McNeil: The Meaning and Use of the Area under a ROC Curve, Radiology 143, 1982,
        equation 1 with the exponential approximation; 0 where there is no ROC AUC.
        """
        churned = round(self.churn_rate * self.customers)
        retained = self.customers - churned
        if self.roc_auc is None or churned == 0 or retained == 0:
            return 0.0
        auc = self.roc_auc
        both_churned, both_retained = auc / (2 - auc), 2 * auc**2 / (1 + auc)
        variance = (
            auc * (1 - auc)
            + (churned - 1) * (both_churned - auc**2)
            + (retained - 1) * (both_retained - auc**2)
        ) / (churned * retained)
        return sqrt(max(variance, 0.0))

    @property
    def calibration_by_chance(self) -> float:
        """Expected calibration error, over ten equal bins, of a perfectly calibrated forecast.

        The mean absolute value of a bin's binomial sampling error in its normal approximation.
        """
        spread = self.churn_rate * (1 - self.churn_rate) * 10 / max(self.customers, 1)
        return sqrt(2 / pi * spread)


@dataclass(frozen=True)
class Evidence:
    """Drift and realised outcomes of the model in use, as known on a day.

    Attributes:
        version: the model.
        trained_on: date of the latest training, promoted or not.
        measured_on: the latest date with measured drift; None before any.
        newly_shifted: weight by feature of the features shifted on that date. Features that were
            shifted when the model was first used are left out, because the model was trained
            under that shift.
        score_psi: the index of the score if the score has newly shifted, else None.
        promised: the outcome of the holdout.
        matured: the outcome of the latest matured date that the model scored in use.
    """

    version: str
    trained_on: date
    measured_on: date | None = None
    newly_shifted: Mapping[str, float] | None = None
    score_psi: float | None = None
    promised: Outcome | None = None
    matured: Outcome | None = None


def retrain_reason(evidence: Evidence, day: date, rule: Drift, every_days: int) -> str | None:
    """The reason to train on a day, as a sentence; None where there is none.

    Drift and decay count from `rest_days` after the latest training on; the calendar always.

    Args:
        evidence: drift and outcomes of the model in use.
        day: the day of the run.
        rule: the bounds.
        every_days: days after which a training is due in any case.
    """
    age = (day - evidence.trained_on).days
    if age >= rule.rest_days and (sooner := _drift(evidence, rule) or decay_reason(evidence, rule)):
        return sooner
    if age >= every_days:
        return (
            f"calendar: the latest training was as of {evidence.trained_on}, and on {day} the next "
            f"is due, {every_days} days after it"
        )
    return None


def _drift(evidence: Evidence, rule: Drift) -> str | None:
    since = f"since model {evidence.version} was first used, as of {evidence.measured_on}"
    if evidence.score_psi is not None:
        return f"drift: the scores have shifted (PSI {evidence.score_psi:.2f}) {since}"
    shifted = evidence.newly_shifted or {}
    if (share := sum(shifted.values())) <= rule.max_shifted_share:
        return None
    ordered = sorted(shifted, key=lambda name: (-shifted[name], name))
    more = len(ordered) - NAMED_FEATURES
    named = ", ".join(ordered[:NAMED_FEATURES]) + (f" and {more} more" if more > 0 else "")
    return (
        f"drift: features with {share:.0%} of the model's weight (bound "
        f"{rule.max_shifted_share:.0%}) have shifted {since}: {named}"
    )


def decay_reason(evidence: Evidence, rule: Drift) -> str | None:
    """The loss of the model's realised outcomes against its holdout; None within the bounds."""
    promised, matured = evidence.promised, evidence.matured
    if matured is None:
        return None
    scored = f"decay: model {evidence.version}'s predictions of {matured.snapshot_date} reached"
    if promised and promised.roc_auc is not None and matured.roc_auc is not None:
        error = NORMAL_95 * sqrt(promised.auc_error**2 + matured.auc_error**2)
        if matured.roc_auc < promised.roc_auc - max(error, rule.max_auc_loss):
            return (
                f"{scored} a ROC AUC of {matured.roc_auc:.3f}; on its holdout of "
                f"{promised.snapshot_date} it was {promised.roc_auc:.3f}, and a loss of "
                f"{max(error, rule.max_auc_loss):.3f} is tolerated"
            )
    bound = rule.max_calibration_error + matured.calibration_by_chance
    if matured.calibration_error > bound:
        return (
            f"{scored} a calibration error of {matured.calibration_error:.3f}; {bound:.3f} is "
            f"tolerated, of which {matured.calibration_by_chance:.3f} is sampling error"
        )
    return None


def why_trained(run_tags: Mapping[str, str]) -> str:
    """The reason in a run's tags; without one, a person asked for the training."""
    return run_tags.get(RETRAIN_REASON, ASKED_FOR)
