"""Bootstrap intervals of all metrics, and intervals of the difference between two models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml.economics import RetentionEconomics
from ml.metrics.calibration import calibration_curve
from ml.metrics.classification import log_losses, sorted_classification_metrics
from ml.metrics.intervals import UNKNOWN, Interval, auc_difference, mean_interval
from ml.metrics.profit import empc_sorted
from ml.metrics.ranking import Labels, Scores

REPLICATES = 200
# A replicate of 10,000 customers takes 3 ms; larger samples are drawn in part.
MAX_DRAWS = 10_000
# Sampling noise biases these metrics upwards, because they add up absolute or squared deviations of
# bin means. Resampling adds the same noise again, so the bias of the estimate is about the
# difference between the replicates and the estimate.
INFLATED_BY_NOISE = frozenset({"calibration_error", "brier_reliability", "brier_resolution"})


def intervals(
    labels: Labels,
    probabilities: Scores,
    seed: int,
    *,
    economics: RetentionEconomics | None = None,
    replicates: int = REPLICATES,
) -> dict[str, Interval]:
    """95 % bootstrap intervals of every metric of `classification_metrics`, except `customers`.

    Each replicate draws customers with replacement and computes all metrics of that sample. The
    interval lies between percentiles of the replicates (Efron, Tibshirani: An Introduction to the
    Bootstrap, 1993, section 13.3). For metrics that sampling noise inflates, the percentiles are
    reflected at the estimate (section 13.4) and the interval is widened to contain it. The interval
    of a calibration error that calibrated probabilities would reach by chance starts at zero.

    With more than 10,000 customers m = 10,000 of n are drawn, and the distances from the estimate
    are scaled by √(m ÷ n) (Bickel, Götze, van Zwet: Resampling Fewer than n Observations,
    Statistica Sinica 7, 1997).

    Args:
        labels: true for churned customers, shape (customers,).
        probabilities: shape (customers,).
        seed: of the draws; the same seed gives the same intervals.
        economics: adds the expected maximum profit per customer as `empc`.
        replicates: number of draws.

    Returns:
        Intervals by metric, `UNKNOWN` where the metric is NaN.
    """
    order = np.argsort(probabilities, kind="stable")
    labels, probabilities = labels[order], probabilities[order]
    customers = len(labels)
    draws = min(customers, MAX_DRAWS)
    random = np.random.default_rng(seed)
    estimates = _figures(labels, probabilities, economics)
    replicated = np.empty((replicates, len(estimates)))
    for number in range(replicates):
        # In ascending order, so that the draw is sorted by probability as well.
        drawn = np.sort(random.integers(0, customers, draws))
        figures = _figures(labels[drawn], probabilities[drawn], economics)
        replicated[number] = list(figures.values())
    scale = float(np.sqrt(draws / customers))
    found = {
        name: _interval(name, estimate, replicated[:, position], scale)
        for position, (name, estimate) in enumerate(estimates.items())
    }
    error = found["calibration_error"]
    if error.estimate <= _calibration_error_of_noise(labels, probabilities, random, replicates):
        found["calibration_error"] = replace(error, low=0.0)
    return found


def paired(labels: Labels, scores: Scores, other: Scores, seed: int) -> dict[str, Interval]:
    """Paired differences `roc_auc` and `log_loss`: `scores` minus `other`, on the same customers.

    The first is `auc_difference`. The second is a mean over customers of the difference of their
    losses, so its normal interval needs no bootstrap.

    Args:
        labels: true for churned customers, shape (customers,).
        scores: probabilities of shape (customers,).
        other: probabilities of the other model, shape (customers,).
        seed: of the bootstrap of up to 5,000 customers.
    """
    return {
        "roc_auc": auc_difference(labels, scores, other, seed),
        "log_loss": log_loss_difference(labels, scores, other),
    }


def log_loss_difference(labels: Labels, scores: Scores, other: Scores) -> Interval:
    """Log loss of `scores` minus that of `other` on the same customers, with a normal interval."""
    return mean_interval(log_losses(labels, scores) - log_losses(labels, other))


def _figures(
    labels: Labels, probabilities: Scores, economics: RetentionEconomics | None
) -> dict[str, float]:
    figures = sorted_classification_metrics(labels, probabilities)
    del figures["customers"]
    if economics is not None:
        figures["empc"] = empc_sorted(labels, probabilities, economics).per_customer
    return figures


def _calibration_error_of_noise(
    labels: Labels, probabilities: Scores, random: np.random.Generator, replicates: int
) -> float:
    """97.5 % quantile of the calibration error of calibrated probabilities.

    Outcomes are drawn from the mean predictions of the bins (Bröcker, Smith: Increasing the
    Reliability of Reliability Diagrams, Weather and Forecasting 22, 2007).
    """
    predicted, _, customers = calibration_curve(labels, probabilities)
    # The mean of a bin of ones can exceed one in the last digit.
    predicted = predicted.clip(0, 1)
    observed = random.binomial(customers, predicted, (replicates, len(customers))) / customers
    errors = np.abs(observed - predicted) @ customers / customers.sum()
    return float(np.quantile(errors, 0.975))


def _interval(name: str, estimate: float, replicated: Scores, scale: float) -> Interval:
    known = replicated[np.isfinite(replicated)]
    if not np.isfinite(estimate) or len(known) == 0:
        return UNKNOWN
    low, high = (scale * float(end - estimate) for end in np.quantile(known, [0.025, 0.975]))
    if name in INFLATED_BY_NOISE:
        low, high = min(-high, 0.0), max(-low, 0.0)
        return Interval(estimate, max(estimate + low, 0.0), estimate + high)
    return Interval(estimate, estimate + low, estimate + high)
