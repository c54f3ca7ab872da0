"""Whether the model in use is due to be trained anew, and the sentence that says why.

What is known of a model is read from the published file, so that asking disturbs no run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import pi, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from deployment.config import DeploymentConfig, Drift
from deployment.home import Home
from ml.monitoring.drift import SCORE
from orchestration.resources import Models

if TYPE_CHECKING:
    from ml.churn.model import LoadedModel

# How a run is told why it trains; the UI shows it.
RETRAIN_REASON = "holdfast/retrain_reason"
ASKED_FOR = "a person asked for it"
# Features that the sentence names, those that carry most first.
NAMED_FEATURES = 5
NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Outcome:
    """How a date's predictions came true, a row of feedback.prediction_performance."""

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
        left = round(self.churn_rate * self.customers)
        stayed = self.customers - left
        if self.roc_auc is None or left == 0 or stayed == 0:
            return 0.0
        auc = self.roc_auc
        both_left, both_stayed = auc / (2 - auc), 2 * auc**2 / (1 + auc)
        variance = (
            auc * (1 - auc)
            + (left - 1) * (both_left - auc**2)
            + (stayed - 1) * (both_stayed - auc**2)
        ) / (left * stayed)
        return sqrt(max(variance, 0.0))

    @property
    def calibration_by_chance(self) -> float:
        """Mean calibration error of a perfect forecast: tenths of the customers, coin by coin."""
        spread = self.churn_rate * (1 - self.churn_rate) * 10 / max(self.customers, 1)
        return sqrt(2 / pi * spread)


@dataclass(frozen=True)
class Evidence:
    """What is known of the model in use on a day.

    Attributes:
        version: the model.
        trained_on: date of the latest training, whether its model was promoted or not.
        measured_on: the latest date whose drift is known; None if none is.
        newly_shifted: weight by feature of those that have shifted on it, and had not when the
            model was first used: a model is not helped by training for what it was trained with.
        score_psi: the score's index where it has newly shifted, else None.
        promised: how the holdout came true.
        matured: how the latest date came true that the model scored in use.
    """

    version: str
    trained_on: date
    measured_on: date | None = None
    newly_shifted: Mapping[str, float] | None = None
    score_psi: float | None = None
    promised: Outcome | None = None
    matured: Outcome | None = None


def retrain_reason(evidence: Evidence, day: date, rule: Drift, every_days: int) -> str | None:
    """Why a model is to be trained on a day, as a sentence; None where it is not.

    Drift and decay are heard from `rest_days` after the latest training on; the calendar always.

    Args:
        evidence: what is known of the model in use.
        day: the day of the run.
        rule: the bounds.
        every_days: days after which a model is trained in any case.
    """
    age = (day - evidence.trained_on).days
    if age >= rule.rest_days and (sooner := _drift(evidence, rule) or _decay(evidence, rule)):
        return sooner
    if age >= every_days:
        return (
            f"calendar: the latest training was as of {evidence.trained_on}, and on {day} the next "
            f"is due, {every_days} days after it"
        )
    return None


def _drift(evidence: Evidence, rule: Drift) -> str | None:
    since = f"on {evidence.measured_on}, and had not when model {evidence.version} was first used"
    if evidence.score_psi is not None:
        return f"drift: the scores have shifted (PSI {evidence.score_psi:.2f}) {since}"
    shifted = evidence.newly_shifted or {}
    if (share := sum(shifted.values())) <= rule.max_shifted_share:
        return None
    ordered = sorted(shifted, key=lambda name: (-shifted[name], name))
    more = len(ordered) - NAMED_FEATURES
    named = ", ".join(ordered[:NAMED_FEATURES]) + (f" and {more} more" if more > 0 else "")
    return (
        f"drift: features that carry {share:.0%} of what the model says (bound "
        f"{rule.max_shifted_share:.0%}) have shifted {since}: {named}"
    )


def _decay(evidence: Evidence, rule: Drift) -> str | None:
    promised, matured = evidence.promised, evidence.matured
    if matured is None:
        return None
    who = f"decay: what model {evidence.version} said on {matured.snapshot_date} has come true with"
    if promised and promised.roc_auc is not None and matured.roc_auc is not None:
        error = NORMAL_95 * sqrt(promised.auc_error**2 + matured.auc_error**2)
        if matured.roc_auc < promised.roc_auc - max(error, rule.max_auc_loss):
            return (
                f"{who} a ROC AUC of {matured.roc_auc:.3f}; its holdout of "
                f"{promised.snapshot_date} promised {promised.roc_auc:.3f}, and a loss of "
                f"{max(error, rule.max_auc_loss):.3f} is tolerated"
            )
    bound = rule.max_calibration_error + matured.calibration_by_chance
    if matured.calibration_error > bound:
        return (
            f"{who} a calibration error of {matured.calibration_error:.3f}; {bound:.3f} is "
            f"tolerated, of which {matured.calibration_by_chance:.3f} for chance"
        )
    return None


def read_evidence(published: Path, used: LoadedModel, trained_on: date, day: date) -> Evidence:
    """What the published file knows of a model on a day: nothing that was not known by then.

    Args:
        published: the file; nothing is known where it is absent or older than drift's table.
        used: the model in use.
        trained_on: date of the latest training.
        day: the day of the run.
    """
    facts = used.model.facts
    if not published.exists():
        return Evidence(used.version, trained_on)
    with duckdb.connect(str(published), read_only=True) as con:
        asked = {"version": used.version, "day": day}
        drift = con.execute(_NEWLY_SHIFTED, asked).fetchall() if _measures_drift(con) else []
        matured = {
            "version": used.version,
            "first": facts.holdout_date,
            "last": day - timedelta(days=facts.horizon_days),
        }
        known = [Outcome(*row) for row in con.execute(_OUTCOMES, matured).fetchall()]
    return Evidence(
        version=used.version,
        trained_on=trained_on,
        measured_on=drift[0][0] if drift else None,
        newly_shifted={name: weight for _, name, weight, _ in drift if name and name != SCORE},
        score_psi=next((psi for _, name, _, psi in drift if name == SCORE), None),
        promised=next((each for each in known if each.snapshot_date == facts.holdout_date), None),
        matured=next((each for each in known if each.snapshot_date > facts.holdout_date), None),
    )


def _measures_drift(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(
        con.execute(
            "from duckdb_tables() where schema_name = 'feedback' and table_name = 'drift_daily'"
        ).fetchall()
    )


def why_due(config: DeploymentConfig, home: Home, day: date) -> str | None:
    """Why a model is to be trained for a day of a deployment; None where none is, or none is due.

    The first model of all is no retraining.
    """
    registry = Models(home, config).registry
    used, trained_on = registry.champion(day), registry.last_trained(day)
    if used is None or trained_on is None:
        return None
    evidence = read_evidence(home.published, used, trained_on, day)
    return retrain_reason(evidence, day, config.drift, config.training.every_days)


def why_trained(run_tags: Mapping[str, str]) -> str:
    """Why a run trains, by its tags: the reason that it was given, or that a person started it."""
    return run_tags.get(RETRAIN_REASON, ASKED_FOR)


# The latest measured date in a row of its own, so that it is known where nothing has shifted.
_NEWLY_SHIFTED = """
with measured as (
    from feedback.drift_daily
    where model_version = $version and snapshot_date <= $day
),

dates as (
    select max(snapshot_date) as latest, min(snapshot_date) as first
    from measured
),

shifted_at_first as (
    select feature
    from measured
    inner join dates on measured.snapshot_date = dates.first
    where level = 'shifted'
)

select dates.latest, shifted.feature, shifted.weight, shifted.psi
from dates
left join (
    from measured
    anti join shifted_at_first using (feature)
    where level = 'shifted'
) as shifted on shifted.snapshot_date = dates.latest
where dates.first < dates.latest
order by shifted.weight desc, shifted.feature
"""

# Dates that the model scored and whose horizon has passed, its holdout the first, latest first.
_OUTCOMES = """
select snapshot_date, customers, churn_rate, roc_auc, calibration_error
from feedback.prediction_performance
where model_version = $version and snapshot_date between $first and $last
order by snapshot_date desc
"""
