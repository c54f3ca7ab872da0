"""How sure the metrics are: intervals of all at once, and of differences between two models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml.economics import RetentionEconomics
from ml.metrics.evaluate import calibration_curve, evaluate_sorted, log_losses
from ml.metrics.intervals import UNKNOWN, Interval, auc_difference, mean_interval
from ml.metrics.profit import empc_sorted
from ml.metrics.ranking import Labels, Scores

REPLICATES = 200
# A replicate of 10,000 customers takes 3 ms; beyond that no more are drawn.
MAX_DRAWS = 10_000
# Chance makes these larger than they are, for they count every deviation from a bin's mean as their
# own. Draws add chance to that of the sample, so the estimate lies too high by about as much as the
# replicates lie above the estimate.
INFLATED_BY_CHANCE = frozenset({"calibration_error", "brier_reliability", "brier_resolution"})


def intervals(
    labels: Labels,
    probabilities: Scores,
    seed: int,
    *,
    economics: RetentionEconomics | None = None,
    replicates: int = REPLICATES,
) -> dict[str, Interval]:
    """95 % bootstrap intervals of every metric of `evaluate`, but for the number of customers.

    Each replicate draws customers once, with replacement, and all metrics are taken of that draw
    (Efron, Tibshirani: An Introduction to the Bootstrap, 1993, section 13.3). The interval goes
    between the percentiles of the replicates; for metrics that chance inflates these are reflected
    at the estimate (the same, section 13.4), and it is widened to hold the estimate. A calibration
    error that calibrated probabilities would show by chance has an interval down to zero.

    Beyond 10,000 customers m = 10,000 of n are drawn, and the distances from the estimate are
    scaled by √(m ÷ n) (Bickel, Götze, van Zwet: Resampling Fewer than n Observations, Statistica
    Sinica 7, 1997).

    Args:
        labels: who left, shape (customers,).
        probabilities: shape (customers,).
        seed: of the draws; the same seed gives the same intervals.
        economics: where given, the profit per customer is there too, as `empc`.
        replicates: number of draws.

    Returns:
        An interval by metric, unknown where the metric is.
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
    if error.estimate <= _calibration_error_by_chance(labels, probabilities, random, replicates):
        found["calibration_error"] = replace(error, low=0.0)
    return found


def paired(labels: Labels, scores: Scores, other: Scores, seed: int) -> dict[str, Interval]:
    """`roc_auc` and `log_loss` of `scores` less those of `other`, on the same customers.

    The first by `auc_difference`; the second is a mean over customers of the difference of their
    losses, so its normal interval needs no draws.

    Args:
        labels: who left, shape (customers,).
        scores: probabilities of shape (customers,).
        other: the probabilities to compare with, of the same customers.
        seed: of the bootstrap of up to 5,000 customers.
    """
    return {
        "roc_auc": auc_difference(labels, scores, other, seed),
        "log_loss": log_loss_difference(labels, scores, other),
    }


def log_loss_difference(labels: Labels, scores: Scores, other: Scores) -> Interval:
    """Log loss of `scores` less that of `other` on the same customers, with its normal interval."""
    return mean_interval(log_losses(labels, scores) - log_losses(labels, other))


def _figures(
    labels: Labels, probabilities: Scores, economics: RetentionEconomics | None
) -> dict[str, float]:
    figures = evaluate_sorted(labels, probabilities)
    del figures["customers"]
    if economics is not None:
        figures["empc"] = empc_sorted(labels, probabilities, economics).per_customer
    return figures


def _calibration_error_by_chance(
    labels: Labels, probabilities: Scores, random: np.random.Generator, replicates: int
) -> float:
    """What calibrated probabilities exceed in one sample of forty.

    Outcomes are drawn from the bins' mean predictions (Bröcker, Smith: Increasing the Reliability
    of Reliability Diagrams, Weather and Forecasting 22, 2007).
    """
    predicted, _, customers = calibration_curve(labels, probabilities)
    # The mean of a bin that is all ones can exceed one in the last digit.
    predicted = predicted.clip(0, 1)
    observed = random.binomial(customers, predicted, (replicates, len(customers))) / customers
    errors = np.abs(observed - predicted) @ customers / customers.sum()
    return float(np.quantile(errors, 0.975))


def _interval(name: str, estimate: float, replicated: Scores, scale: float) -> Interval:
    known = replicated[np.isfinite(replicated)]
    if not np.isfinite(estimate) or len(known) == 0:
        return UNKNOWN
    low, high = (scale * float(end - estimate) for end in np.quantile(known, [0.025, 0.975]))
    if name in INFLATED_BY_CHANCE:
        low, high = min(-high, 0.0), max(-low, 0.0)
        return Interval(estimate, max(estimate + low, 0.0), estimate + high)
    return Interval(estimate, estimate + low, estimate + high)
