"""Estimated performance: metrics of a day's scores before the outcomes are known.

The method has two steps. Recalibration under covariate shift: the scores of the model's holdout,
the reference, are recalibrated with weights that make the reference resemble the day's customers.
The weights are the density ratio of the day to the reference, from a classifier of the two
(Sugiyama, Suzuki, Kanamori: Density Ratio Estimation in Machine Learning, 2012, chapter 4;
Białek, Kivimäki, Kuberski, Perrakis: Estimating Model Performance Under Covariate Shift Without
Labels, 2024, section 4, named PAPE). Confidence-based estimation: each metric is its expectation
over outcomes that are drawn with the recalibrated probabilities (NannyML's CBPE).

Concept drift is not seen: if customers with the same features churn at another rate than those of
the reference did, the estimate stays where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit, logit

from ml.churn.calibration import slope_factor
from ml.churn.logistic import fit_logistic
from ml.columns import is_known, is_text, numbers
from ml.level.hazard_ratio import log_ratio
from ml.metrics.calibration import BINS
from ml.sampling import sample_customers
from ml.schemas import CUSTOMER_ID, PERFORMANCE_ESTIMATES, SNAPSHOT_DATE, labels_of

SCORE = "churn_probability"
# Rows of the reference and of the day that the density ratio and the interval are computed on.
MAX_ROWS = 10_000
SAMPLE_SALT = 909
# Covariates of the density ratio beside the score. Each further one makes the weights more unequal:
# on nine dates of a shop twelve leave an effective 23 % of the reference, and the estimated ROC AUC
# misses by 0.059; four leave 71 % and miss by 0.039.
MAX_FEATURES = 4
# Prior precision of a standardised coefficient of the density ratio (ridge penalty), and of the
# recalibration's coefficients around the identity.
RIDGE = 1.0
# Customers of the reference, weighted, below which nothing is estimated: the day has too few
# counterparts, and the standard error of a rate exceeds five percentage points.
LEAST_EFFECTIVE = 100
DRAWS = 200
SEED = 17
# Log odds are clipped to ±14, a probability of one in a million.
MAX_LOG_ODDS = 14.0
# Coefficients of `_recalibration_terms` that leave a score as it is.
IDENTITY = np.array([1.0, 0.0, 0.0])
# Digits that are the same whatever order threads add numbers in.
DIGITS = 6

Values = NDArray[np.float64]


def estimate_performance(
    reference: pa.Table,
    features: pa.Table,
    scores: pa.Table,
    version: str,
    weights: dict[str, float],
) -> pa.Table:
    """Expected metrics of a day's scores.

    Args:
        reference: features, `churn_probability` and `churned` of the model's holdout; a sample of
            `MAX_ROWS` is enough.
        features: features of the day's eligible customers, or of a sample of them, with their
            `churn_probability` by the evaluated model, which scored the reference. The day's own
            scores are of the latest fit; compared with the reference they would show a difference
            of two models as a difference of customers.
        scores: `customer_id`, `snapshot_date` and `churn_probability` of all customers of the day,
            as published.
        version: the model in use.
        weights: share of each feature in the model, by name.

    Returns:
        One row of `PERFORMANCE_ESTIMATES`, without figures if fewer than 100 effective customers
        of the reference resemble the day's; no row without a customer on either side.
    """
    if len(reference) == 0 or len(features) == 0:
        return PERFORMANCE_ESTIMATES.empty_table()
    known, now = estimation_sample(reference), estimation_sample(features)
    names = _covariates(known, now, weights)
    ratio = density_ratio(known, now, names)
    effective = float(ratio.sum() ** 2 / (ratio**2).sum())
    row = {
        SNAPSHOT_DATE: _day(scores),
        "model_version": version,
        "reference_date": _day(reference),
        "customers": len(scores),
        "effective_reference_customers": round(effective, 1),
        "outside_reference_share": round(float(_outside(known, now, names).mean()), DIGITS),
    }
    if effective >= LEAST_EFFECTIVE:
        row_weights = ratio * effective / ratio.sum()
        labels = labels_of(known)
        realised = _as_realised(numbers(known[SCORE]), labels)
        fitted, covariance = _recalibration(realised, labels, row_weights)
        every_score = numbers(scores.sort_by(CUSTOMER_ID)[SCORE])
        figures = {
            **expected_metrics(every_score, _recalibrated(every_score, fitted)),
            **_drawn_intervals(numbers(estimation_sample(scores)[SCORE]), fitted, covariance),
        }
        row |= {name: _rounded(value) for name, value in figures.items()}
    return pa.Table.from_pylist([row], schema=PERFORMANCE_ESTIMATES)


def _as_realised(scores: Values, labels: NDArray[np.bool_]) -> Values:
    """Scores of the reference, moved to the slope and the level of its outcomes.

    Both were learned from the holdout before the day was scored (`Calibrator.at_slope`,
    `ml.level`). What they corrected is therefore no part of what is to be expected on the day.
    """
    odds = _log_odds(scores)
    centre = odds.mean()
    moved = expit(centre + slope_factor(odds, labels) * (odds - centre))
    return np.asarray(moved ** np.exp(log_ratio(moved, float(labels.mean()))))


def density_ratio(reference: pa.Table, today: pa.Table, names: Sequence[str]) -> Values:
    """Weights of the reference's rows that make it resemble the day, shape (reference rows,).

    The classifier is a logistic regression on the covariates, on the log odds of the score and on
    their square. Its odds, divided by the ratio of the sizes, are the density ratio.
    """
    both = pa.concat_tables(
        [table.select([*names, SCORE]) for table in (reference, today)],
        promote_options="permissive",
    )
    odds = _standardised(_log_odds(numbers(both[SCORE])))
    columns = [odds, odds**2]
    for name in names:
        values = numbers(both[name])
        unknown = np.isnan(values)
        columns.append(_standardised(np.sign(values) * np.log1p(np.abs(values))))
        if unknown.any():
            columns.append(_standardised(unknown.astype(float)))
    design = np.column_stack([*columns, np.ones(len(both))])
    is_today = np.arange(len(both)) >= len(reference)
    precision = np.append(np.full(len(columns), RIDGE), 1e-6)
    coefficients = fit_logistic(design, is_today, np.zeros(design.shape[1]), precision)
    margins = np.clip(design[: len(reference)] @ coefficients, -MAX_LOG_ODDS, MAX_LOG_ODDS)
    return np.asarray(np.exp(margins) * len(reference) / len(today))


def expected_metrics(scores: Values, probabilities: Values) -> dict[str, float]:
    """Expected metrics of scores whose outcomes have the given probabilities, by name.

    Both are of shape (customers,). With outcomes of 0 and 1 as probabilities the metrics are the
    realised ones.
    """
    squares = probabilities * (1 - scores) ** 2 + (1 - probabilities) * scores**2
    groups = np.array_split(np.argsort(scores, kind="stable"), min(BINS, len(scores)))
    gaps = [abs(scores[group].mean() - probabilities[group].mean()) for group in groups]
    return {
        "estimated_roc_auc": expected_roc_auc(scores, probabilities),
        "estimated_log_loss": _expected_log_loss(scores, probabilities),
        "estimated_brier": float(squares.mean()),
        "estimated_calibration_error": float(np.average(gaps, weights=[len(g) for g in groups])),
        "estimated_churn_rate": float(probabilities.mean()),
    }


def expected_roc_auc(scores: Values, probabilities: Values) -> float:
    """Expected concordant pairs divided by expected pairs of a churned and a retained customer.

    A customer makes no pair with itself, and tied scores count half. NaN without any pair.
    """
    return _expected_concordance(np.unique(scores, return_inverse=True)[1], probabilities)


def _expected_concordance(group: NDArray[np.intp], probabilities: Values) -> float:
    """`expected_roc_auc` of customers in groups of equal scores, numbered by ascending score."""
    churned = np.bincount(group, weights=probabilities)
    retained = np.bincount(group, weights=1 - probabilities)
    alone = np.bincount(group, weights=probabilities * (1 - probabilities))
    below = np.cumsum(retained) - retained
    concordant = (churned * below + (churned * retained - alone) / 2).sum()
    pairs = churned.sum() * retained.sum() - alone.sum()
    return float(concordant / pairs) if pairs > 0 else float("nan")


def _expected_log_loss(scores: Values, probabilities: Values) -> float:
    odds = np.clip(scores, expit(-MAX_LOG_ODDS), expit(MAX_LOG_ODDS))
    return float((-probabilities * np.log(odds) - (1 - probabilities) * np.log1p(-odds)).mean())


def estimation_sample(table: pa.Table) -> pa.Table:
    """At most `MAX_ROWS` rows of the table, by customer."""
    return sample_customers(table, MAX_ROWS, SAMPLE_SALT).sort_by(CUSTOMER_ID)


def _covariates(known: pa.Table, now: pa.Table, weights: dict[str, float]) -> list[str]:
    """The numeric features of most weight in the model that both tables know."""
    ordered = sorted(weights, key=lambda name: (-weights[name], name))
    return [
        name
        for name in ordered
        if weights[name] > 0
        and is_known(known, name)
        and is_known(now, name)
        and not is_text(known[name].type)
    ][:MAX_FEATURES]


def _outside(known: pa.Table, now: pa.Table, names: Sequence[str]) -> NDArray[np.bool_]:
    """Customers of the day with a covariate outside the reference's range, shape (rows,)."""
    outside = np.zeros(len(now), dtype=bool)
    for name in (*names, SCORE):
        before, values = numbers(known[name]), numbers(now[name])
        outside |= (values < np.nanmin(before)) | (values > np.nanmax(before))
        if not np.isnan(before).any():
            outside |= np.isnan(values)
    return outside


def _recalibration(
    scores: Values, labels: NDArray[np.bool_], weights: Values
) -> tuple[Values, Values]:
    """Coefficients of `_recalibration_terms`, and their covariance (Laplace's approximation)."""
    design = _recalibration_terms(scores)
    precision = np.full(len(IDENTITY), RIDGE)
    fitted = fit_logistic(design, labels, IDENTITY, precision, weights)
    probability = expit(design @ fitted)
    spread = weights * probability * (1 - probability)
    return fitted, np.linalg.inv((design * spread[:, None]).T @ design + np.diag(precision))


def _drawn_intervals(scores: Values, fitted: Values, covariance: Values) -> dict[str, float]:
    """95 % intervals: recalibrations drawn from their posterior, and outcomes drawn from each."""
    random = np.random.default_rng(SEED)
    drawn: dict[str, list[float]] = {"estimated_roc_auc": [], "estimated_log_loss": []}
    # The scores are the same in all draws, so they are sorted once.
    group = np.unique(scores, return_inverse=True)[1]
    for coefficients in random.multivariate_normal(fitted, covariance, DRAWS):
        is_churned = random.random(len(scores)) < _recalibrated(scores, coefficients)
        outcomes = is_churned.astype(float)
        drawn["estimated_roc_auc"].append(_expected_concordance(group, outcomes))
        drawn["estimated_log_loss"].append(_expected_log_loss(scores, outcomes))
    ends = {}
    for name, values in drawn.items():
        finite = np.array(values)[np.isfinite(values)]
        if len(finite):
            ends[f"{name}_low"], ends[f"{name}_high"] = np.quantile(finite, [0.025, 0.975])
    return {name: float(value) for name, value in ends.items()}


def _recalibrated(scores: Values, coefficients: Values) -> Values:
    return np.asarray(expit(_recalibration_terms(scores) @ coefficients))


def _recalibration_terms(scores: Values) -> Values:
    """Log odds, the score and a constant, shape (rows, 3).

    The score lets the slope flatten at both ends, as it does where the score says nothing about a
    part of the customers.
    """
    return np.column_stack([_log_odds(scores), 2 * scores - 1, np.ones(len(scores))])


def _log_odds(scores: Values) -> Values:
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(logit(scores), -MAX_LOG_ODDS, MAX_LOG_ODDS))


def _standardised(values: Values) -> Values:
    """Mean 0 and standard deviation 1 over the known values; 0 where unknown or constant."""
    spread = float(np.nanstd(values))
    if not spread > 0:
        return np.zeros(len(values))
    return np.nan_to_num((values - np.nanmean(values)) / spread, nan=0.0)


def _day(table: pa.Table) -> date:
    day: date = table[SNAPSHOT_DATE].cast(pa.date32())[0].as_py()
    return day


def _rounded(value: float) -> float | None:
    return round(value, DIGITS) if np.isfinite(value) else None
