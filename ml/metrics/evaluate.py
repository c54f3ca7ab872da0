"""How good probabilities are: ranking, calibration and lift, each as one figure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.metrics.ranking import Labels, Ranking, Scores

BINS = 10
TOP_SHARE = 0.1
# log(0) is infinite: probabilities are kept this far from 0 and 1 in the log loss only.
SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True)
class BrierParts:
    """The Brier score of the binned forecast is reliability − resolution + uncertainty."""

    reliability: float
    resolution: float
    uncertainty: float


def evaluate(labels: Labels, probabilities: Scores) -> dict[str, float]:
    """All metrics of one set of probabilities, both arrays of shape (customers,).

    Ranking metrics are NaN where all customers left or all stayed.
    """
    order = np.argsort(probabilities)
    return evaluate_sorted(labels[order], probabilities[order])


def evaluate_sorted(labels: Labels, probabilities: Scores) -> dict[str, float]:
    """The same of customers who are already in ascending order of probability."""
    ranking = Ranking.of_sorted(labels, probabilities)
    curve = _calibration_curve(ranking, probabilities)
    parts = _brier_parts(*curve)
    lift = _top_decile_lift(ranking)
    return {
        "customers": float(len(labels)),
        "churn_rate": ranking.churn_rate,
        "mean_predicted": float(probabilities.mean()),
        "roc_auc": ranking.roc_auc,
        "pr_auc": ranking.average_precision,
        "brier": brier(labels, probabilities),
        "brier_reliability": parts.reliability,
        "brier_resolution": parts.resolution,
        "brier_uncertainty": parts.uncertainty,
        "log_loss": log_loss(labels, probabilities),
        "calibration_error": _calibration_error(*curve),
        "top_decile_lift": lift,
        "top_decile_lift_share": lift / max_top_decile_lift(labels),
    }


def roc_auc(labels: Labels, scores: Scores) -> float:
    """Probability that a customer who left scores above one who stayed; ties count half.

    NaN where all customers left, all stayed, or there is none.
    """
    return Ranking.of(labels, scores).roc_auc if len(labels) else float("nan")


def pr_auc(labels: Labels, scores: Scores) -> float:
    """Average precision: precision summed over steps of recall, tied scores as one step."""
    return Ranking.of(labels, scores).average_precision


def brier(labels: Labels, probabilities: Scores) -> float:
    """Mean squared distance of probability and outcome."""
    return float(np.mean((probabilities - labels) ** 2))


def brier_parts(labels: Labels, probabilities: Scores) -> BrierParts:
    """Reliability, resolution and uncertainty over the ten bins of the calibration curve.

    Murphy: A New Vector Partition of the Probability Score, Journal of Applied Meteorology 12,
    1973. It is exact for a forecast that says one figure in each bin, here the bin's
    mean prediction: the parts add up to that forecast's Brier score. The score of the probabilities
    themselves also has what happens inside the bins, which is left out: the variance of the
    predictions there, less twice their covariance with the outcomes.
    """
    return _brier_parts(*calibration_curve(labels, probabilities))


def log_loss(labels: Labels, probabilities: Scores) -> float:
    """Mean negative log likelihood, in nats."""
    return float(log_losses(labels, probabilities).mean())


def log_losses(labels: Labels, probabilities: Scores) -> Scores:
    """Each customer's negative log likelihood in nats, shape (customers,)."""
    clipped = np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return -np.log(np.where(labels, clipped, 1 - clipped))


def log_loss_of_margins(labels: Labels, margins: Scores) -> float:
    """The log loss of log odds, shape (customers,), without rounding them to 0 or 1."""
    return float(np.mean(np.logaddexp(0.0, margins) - labels * margins))


def calibration_error(labels: Labels, probabilities: Scores) -> float:
    """Expected calibration error: mean |predicted − observed| over ten bins of equal size."""
    return _calibration_error(*calibration_curve(labels, probabilities))


def calibration_curve(
    labels: Labels, probabilities: Scores
) -> tuple[Scores, Scores, NDArray[np.int64]]:
    """Mean prediction, share that left, and customers, of ten bins by rank, each shape (bins,).

    Customers tied across the boundary of two bins count in both with their mean outcome.
    """
    order = np.argsort(probabilities)
    ranking = Ranking.of_sorted(labels[order], probabilities[order])
    return _calibration_curve(ranking, probabilities[order])


def top_decile_lift(labels: Labels, scores: Scores) -> float:
    """Churn rate of the tenth with the highest scores ÷ churn rate of all.

    Customers tied at the boundary count with their mean outcome, so the order of rows is no matter.
    """
    return _top_decile_lift(Ranking.of(labels, scores))


def max_top_decile_lift(labels: Labels) -> float:
    """The lift of a perfect ranking: 10, or 1 ÷ churn rate where more than a tenth leave."""
    if not labels.any():
        return float("nan")
    return float(min(1 / TOP_SHARE, 1 / labels.mean()))


def cumulative_gains(labels: Labels, scores: Scores, points: int = 101) -> tuple[Scores, Scores]:
    """Share of customers addressed (riskiest first) and share of leavers among them."""
    addressed = np.linspace(0, 1, points)
    found = Ranking.of(labels, scores).left_above(addressed * len(labels))
    return addressed, found / max(int(labels.sum()), 1)


def _top_decile_lift(ranking: Ranking) -> float:
    if ranking.left[-1] == 0:
        return float("nan")
    size = TOP_SHARE * float(ranking.customers[-1])
    return float(ranking.left_above(np.array(size)) / size / ranking.churn_rate)


def _calibration_curve(
    ranking: Ranking, probabilities: Scores
) -> tuple[Scores, Scores, NDArray[np.int64]]:
    size, larger = divmod(len(probabilities), BINS)
    sizes = size + (np.arange(BINS) < larger)
    sizes = sizes[sizes > 0]
    ends = np.cumsum(sizes)
    predicted = np.add.reduceat(probabilities, ends - sizes) / sizes
    observed = np.diff(ranking.left_below(ends.astype(float)), prepend=0.0) / sizes
    return predicted, observed, sizes


def _calibration_error(predicted: Scores, observed: Scores, customers: NDArray[np.int64]) -> float:
    return float(np.average(np.abs(predicted - observed), weights=customers))


def _brier_parts(predicted: Scores, observed: Scores, customers: NDArray[np.int64]) -> BrierParts:
    churn_rate = np.average(observed, weights=customers)
    return BrierParts(
        reliability=float(np.average((predicted - observed) ** 2, weights=customers)),
        resolution=float(np.average((observed - churn_rate) ** 2, weights=customers)),
        uncertainty=float(churn_rate * (1 - churn_rate)),
    )
