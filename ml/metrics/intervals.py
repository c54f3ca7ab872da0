"""95 % intervals of one figure at a time: a share, a mean, a ROC AUC, a difference of two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import rankdata

from ml.metrics.ranking import Labels, Ranking, Scores

# At this size DeLong's interval ends within 0.002 of the bootstrap's, and beyond it a thousand
# replicates take seconds.
MAX_BOOTSTRAP_CUSTOMERS = 5_000
REPLICATES = 1_000
NORMAL_95 = 1.959964
BLOCK_DRAWS = 1_000_000


@dataclass(frozen=True)
class Interval:
    """An estimate with a 95 % interval; all NaN where there is nothing to estimate from."""

    estimate: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


def wilson_interval(found: float, customers: int) -> Interval:
    """A share of customers, such as those who left.

    Wilson: Probable Inference, the Law of Succession, and Statistical Inference, Journal of the
    American Statistical Association 22, 1927: unlike the normal interval it stays within 0 and 1
    and holds with a handful of customers.
    """
    if customers == 0:
        return UNKNOWN
    share, spread = found / customers, NORMAL_95**2 / customers
    centre = share + spread / 2
    half = float(np.sqrt(spread * (share * (1 - share) + spread / 4)))
    low, high = (centre - half) / (1 + spread), (centre + half) / (1 + spread)
    # At 0 and at 1 the end is the share itself, but for the last digit.
    return Interval(share, min(low, share), max(high, share))


def mean_interval(values: Scores) -> Interval:
    """The mean of customers' figures, shape (customers,), with its normal interval."""
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean, float("nan"), float("nan"))
    half = NORMAL_95 * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    return Interval(mean, mean - half, mean + half)


def auc_interval(labels: Labels, scores: Scores) -> Interval:
    """A ROC AUC with DeLong's variance, normal on the scale of log odds.

    There it stays within 0 and 1. Where no customer who left is ranked among those who stayed the
    variance is zero and the interval a point. With fewer than two of either outcome it is unknown.
    """
    if min(labels.sum(), (~labels).sum()) < 2:
        return UNKNOWN
    left, stayed = _placements(labels, scores)
    area = float(left.mean())
    deviation = np.sqrt(left.var(ddof=1) / len(left) + stayed.var(ddof=1) / len(stayed))
    if deviation == 0 or not 0 < area < 1:
        return Interval(area, area, area)
    half = NORMAL_95 * deviation / (area * (1 - area))
    return Interval(area, *(float(expit(logit(area) + side * half)) for side in (-1, 1)))


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
    estimate = Ranking.of(labels, scores).roc_auc - Ranking.of(labels, other).roc_auc
    return Interval(estimate, float(low), float(high))


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
