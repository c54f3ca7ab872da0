"""How good probabilities are: ranking, calibration, lift, and how sure a difference is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

BINS = 10
TOP_SHARE = 0.1
# log(0) is infinite: probabilities are kept this far from 0 and 1 in the log loss only.
SMALLEST_PROBABILITY = 1e-15
# At this size DeLong's interval ends within 0.002 of the bootstrap's, and beyond it a thousand
# replicates take seconds.
MAX_BOOTSTRAP_CUSTOMERS = 5_000
REPLICATES = 1_000
NORMAL_95 = 1.959964
BLOCK_DRAWS = 1_000_000

Labels = NDArray[np.bool_]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate with a 95 % interval."""

    estimate: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def evaluate(labels: Labels, probabilities: Scores) -> dict[str, float]:
    """All metrics of one set of probabilities, both arrays of shape (customers,).

    Ranking metrics are NaN where all customers left or all stayed.
    """
    return {
        "customers": float(len(labels)),
        "churn_rate": float(labels.mean()),
        "mean_predicted": float(probabilities.mean()),
        "roc_auc": roc_auc(labels, probabilities),
        "pr_auc": pr_auc(labels, probabilities),
        "brier": brier(labels, probabilities),
        "log_loss": log_loss(labels, probabilities),
        "calibration_error": calibration_error(labels, probabilities),
        "top_decile_lift": top_decile_lift(labels, probabilities),
        "top_decile_lift_share": top_decile_lift(labels, probabilities)
        / max_top_decile_lift(labels),
    }


def roc_auc(labels: Labels, scores: Scores) -> float:
    """Probability that a customer who left scores above one who stayed; ties count half."""
    left = int(labels.sum())
    stayed = len(labels) - left
    if left == 0 or stayed == 0:
        return float("nan")
    return float((rankdata(scores)[labels].sum() - left * (left + 1) / 2) / (left * stayed))


def pr_auc(labels: Labels, scores: Scores) -> float:
    """Average precision: precision summed over steps of recall, tied scores as one step."""
    if not labels.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    found = np.cumsum(labels[order])[ends]
    return float(np.sum(np.diff(found, prepend=0) * found / (ends + 1)) / found[-1])


def brier(labels: Labels, probabilities: Scores) -> float:
    """Mean squared distance of probability and outcome."""
    return float(np.mean((probabilities - labels) ** 2))


def log_loss(labels: Labels, probabilities: Scores) -> float:
    """Mean negative log likelihood, in nats."""
    clipped = np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return float(-np.mean(np.where(labels, np.log(clipped), np.log1p(-clipped))))


def log_loss_of_margins(labels: Labels, margins: Scores) -> float:
    """The same of log odds, shape (customers,), without rounding them to 0 or 1."""
    return float(np.mean(np.logaddexp(0.0, margins) - labels * margins))


def calibration_error(labels: Labels, probabilities: Scores) -> float:
    """Expected calibration error: mean |predicted − observed| over ten bins of equal size."""
    predicted, observed, customers = calibration_curve(labels, probabilities)
    return float(np.average(np.abs(predicted - observed), weights=customers))


def calibration_curve(
    labels: Labels, probabilities: Scores
) -> tuple[Scores, Scores, NDArray[np.int64]]:
    """Mean prediction, share that left, and customers, of ten bins by rank, each shape (bins,)."""
    order = np.argsort(probabilities, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    return (
        np.array([probabilities[part].mean() for part in bins]),
        np.array([labels[part].mean() for part in bins]),
        np.array([len(part) for part in bins]),
    )


def top_decile_lift(labels: Labels, scores: Scores) -> float:
    """Churn rate of the tenth with the highest scores ÷ churn rate of all.

    Customers tied at the boundary count with their mean outcome, so the order of rows is no matter.
    """
    if not labels.any():
        return float("nan")
    size = TOP_SHARE * len(labels)
    boundary = np.sort(scores)[::-1][max(int(np.ceil(size)) - 1, 0)]
    above, tied = scores > boundary, scores == boundary
    found = labels[above].sum() + (size - above.sum()) * labels[tied].mean()
    return float(found / size / labels.mean())


def max_top_decile_lift(labels: Labels) -> float:
    """The lift of a perfect ranking: 10, or 1 ÷ churn rate where more than a tenth leave."""
    if not labels.any():
        return float("nan")
    return float(min(1 / TOP_SHARE, 1 / labels.mean()))


def cumulative_gains(labels: Labels, scores: Scores, points: int = 101) -> tuple[Scores, Scores]:
    """Share of customers addressed (riskiest first) and share of leavers among them."""
    order = np.argsort(-scores, kind="stable")
    found = np.concatenate([[0], np.cumsum(labels[order])]) / max(int(labels.sum()), 1)
    addressed = np.linspace(0, 1, points)
    return addressed, np.asarray(np.interp(addressed, np.linspace(0, 1, len(found)), found))


def auc_difference(labels: Labels, scores: Scores, other: Scores, seed: int) -> Interval:
    """ROC AUC of `scores` less that of `other` on the same customers, with a 95 % interval.

    Up to 5,000 customers by `bootstrap_interval`, beyond that by `delong_interval`.
    """
    if len(labels) > MAX_BOOTSTRAP_CUSTOMERS:
        return delong_interval(labels, scores, other)
    return bootstrap_interval(labels, scores, other, seed)


def bootstrap_interval(labels: Labels, scores: Scores, other: Scores, seed: int) -> Interval:
    """A difference of ROC AUC with the percentiles of a thousand paired replicates.

    Each replicate draws customers once and judges both scores on them (Efron, Tibshirani: An
    Introduction to the Bootstrap, 1993, section 13.3).
    """
    customers = len(labels)
    block = max(1, BLOCK_DRAWS // customers)
    random = np.random.default_rng(seed)
    ours, theirs = _TieGroups.of(labels, scores), _TieGroups.of(labels, other)
    differences = []
    for start in range(0, REPLICATES, block):
        size = min(block, REPLICATES - start)
        drawn = random.integers(0, customers, size=(size, customers))
        drawn += np.arange(size)[:, None] * customers
        times = np.bincount(drawn.ravel(), minlength=size * customers).reshape(size, customers)
        differences.append(ours.auc(times) - theirs.auc(times))
    low, high = np.nanquantile(np.concatenate(differences), [0.025, 0.975])
    return Interval(roc_auc(labels, scores) - roc_auc(labels, other), float(low), float(high))


def delong_interval(labels: Labels, scores: Scores, other: Scores) -> Interval:
    """A difference of ROC AUC with its normal interval.

    DeLong, DeLong, Clarke-Pearson: Comparing the Areas under Two or More Correlated ROC Curves,
    Biometrics 44, 1988, equation 5, for the contrast of two scores.
    """
    left, stayed = (
        ours - theirs
        for ours, theirs in zip(
            _placements(labels, scores), _placements(labels, other), strict=True
        )
    )
    spread = NORMAL_95 * np.sqrt(left.var(ddof=1) / len(left) + stayed.var(ddof=1) / len(stayed))
    difference = float(left.mean())
    return Interval(difference, difference - float(spread), difference + float(spread))


def _placements(labels: Labels, scores: Scores) -> tuple[Scores, Scores]:
    """Each leaver's share of stayers below, and each stayer's share of leavers above."""
    ranks = rankdata(scores)
    below = (ranks[labels] - rankdata(scores[labels])) / (~labels).sum()
    above = 1 - (ranks[~labels] - rankdata(scores[~labels])) / labels.sum()
    return below, above


@dataclass(frozen=True)
class _TieGroups:
    """Customers in ascending order of score, cut where the score changes."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    labels: Labels

    @classmethod
    def of(cls, labels: Labels, scores: Scores) -> _TieGroups:
        order = np.argsort(scores, kind="stable")
        starts = np.concatenate([[0], np.flatnonzero(np.diff(scores[order])) + 1])
        return cls(order, starts, labels[order])

    def auc(self, times: NDArray[np.int64]) -> Scores:
        """ROC AUC of each replicate; `times` (replicates, customers) counts the draws."""
        drawn = times[:, self.order]
        left = np.add.reduceat(drawn * self.labels, self.starts, axis=1)
        stayed = np.add.reduceat(drawn * ~self.labels, self.starts, axis=1)
        below = np.cumsum(stayed, axis=1) - stayed / 2
        pairs = left.sum(axis=1) * stayed.sum(axis=1)
        with np.errstate(invalid="ignore"):
            return np.asarray((left * below).sum(axis=1) / pairs)
