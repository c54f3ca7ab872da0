"""95 % intervals of a single figure: a share, a mean, a ROC AUC, a difference of two ROC AUCs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import binomtest, rankdata

from ml.metrics.ranking import Labels, Ranking, Scores

# At this size DeLong's interval ends within 0.002 of the bootstrap's, and with more customers a
# thousand replicates take seconds.
MAX_BOOTSTRAP_CUSTOMERS = 5_000
REPLICATES = 1_000
NORMAL_95 = 1.959964
BLOCK_DRAWS = 1_000_000


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; all NaN without data to estimate from."""

    estimate: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Return whether both ends of the interval lie on the same side of zero."""
        return self.low > 0 or self.high < 0


UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


def wilson_interval(found: float, customers: int) -> Interval:
    """Wilson's score interval of a share `found` ÷ `customers`, such as a churn rate.

    Unlike the normal interval it lies within 0 and 1 and keeps its coverage with few customers
    (Wilson: Probable Inference, the Law of Succession, and Statistical Inference, Journal of the
    American Statistical Association 22, 1927). Tied customers may make `found` a fraction: the
    interval is that of the nearest whole number.
    """
    if customers == 0:
        return UNKNOWN
    share = found / customers
    ends = binomtest(round(found), customers).proportion_ci(method="wilson")
    # At a share of 0 or 1, or of a fraction, rounding puts an end on the other side of the share.
    return Interval(share, min(float(ends.low), share), max(float(ends.high), share))


def mean_interval(values: Scores) -> Interval:
    """Mean of values of shape (customers,) with its normal interval; NaN ends for one customer."""
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean, float("nan"), float("nan"))
    half = NORMAL_95 * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    return Interval(mean, mean - half, mean + half)


def auc_interval(labels: Labels, scores: Scores) -> Interval:
    """ROC AUC with DeLong's variance, normal on the scale of log odds, within 0 and 1.

    If the scores separate the outcomes completely, the variance is zero and the interval a point.
    With fewer than two customers of either outcome the interval is `UNKNOWN`.
    """
    if min(labels.sum(), (~labels).sum()) < 2:
        return UNKNOWN
    churned, retained = _placements(labels, scores)
    area = float(churned.mean())
    deviation = _standard_error(churned, retained)
    if deviation == 0 or not 0 < area < 1:
        return Interval(area, area, area)
    half = NORMAL_95 * deviation / (area * (1 - area))
    return Interval(area, *(float(expit(logit(area) + side * half)) for side in (-1, 1)))


def auc_difference(labels: Labels, scores: Scores, other: Scores, seed: int) -> Interval:
    """ROC AUC of `scores` minus that of `other` on the same customers, with a 95 % interval.

    Up to 5,000 customers it is `bootstrap_interval`, with more customers `delong_interval`.
    """
    if len(labels) > MAX_BOOTSTRAP_CUSTOMERS:
        return delong_interval(labels, scores, other)
    return bootstrap_interval(labels, scores, other, seed)


def bootstrap_interval(labels: Labels, scores: Scores, other: Scores, seed: int) -> Interval:
    """Difference of ROC AUC with the percentiles of a thousand paired bootstrap replicates.

    Each replicate draws customers with replacement and evaluates both scores on them (Efron,
    Tibshirani: An Introduction to the Bootstrap, 1993, section 13.3).
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
    """Difference of ROC AUC with its normal interval.

    DeLong, DeLong, Clarke-Pearson: Comparing the Areas under Two or More Correlated ROC Curves,
    Biometrics 44, 1988, equation 5, for the contrast of two scores.
    """
    churned, retained = (
        ours - theirs
        for ours, theirs in zip(
            _placements(labels, scores), _placements(labels, other), strict=True
        )
    )
    spread = NORMAL_95 * _standard_error(churned, retained)
    difference = float(churned.mean())
    return Interval(difference, difference - spread, difference + spread)


def _placements(labels: Labels, scores: Scores) -> tuple[Scores, Scores]:
    """Structural components of the ROC AUC.

    The share of retained customers below each churned one, shape (churned,), and the share of
    churned customers above each retained one, shape (retained,).
    """
    ranks = rankdata(scores)
    below = (ranks[labels] - rankdata(scores[labels])) / (~labels).sum()
    above = 1 - (ranks[~labels] - rankdata(scores[~labels])) / labels.sum()
    return below, above


def _standard_error(churned: Scores, retained: Scores) -> float:
    """Standard error of the mean of both components, which are independent samples."""
    variance = churned.var(ddof=1) / len(churned) + retained.var(ddof=1) / len(retained)
    return float(np.sqrt(variance))


@dataclass(frozen=True)
class _TieGroups:
    """Customers in ascending order of score, grouped by equal score."""

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
        churned = np.add.reduceat(drawn * self.labels, self.starts, axis=1)
        retained = np.add.reduceat(drawn * ~self.labels, self.starts, axis=1)
        below = np.cumsum(retained, axis=1) - retained / 2
        pairs = churned.sum(axis=1) * retained.sum(axis=1)
        with np.errstate(invalid="ignore"):
            return np.asarray((churned * below).sum(axis=1) / pairs)
