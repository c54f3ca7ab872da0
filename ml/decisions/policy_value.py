"""Value of a policy on logged decisions, before it decides for anybody.

Every logged decision has the probability of each action it could have received. Decisions are
weighted by the ratio of the new policy's probability to the logged one (Dudík, Langford, Li:
Doubly Robust Policy Evaluation and Learning, ICML 2011, sections 2 and 3). The estimators differ
in bias and variance:

- inverse propensity: mean of weight × outcome; unbiased
- self-normalised: the same ÷ mean weight; biased by 1 ÷ decisions, and less variable (Swaminathan,
  Joachims: The Self-Normalized Estimator for Counterfactual Learning, NIPS 2015)
- doubly robust: mean prediction under the new policy + mean of weight × (outcome − prediction);
  unbiased for any predictions that have not seen the outcomes, and less variable for good ones

Decisions of one customer are not independent, so intervals are those of sums over customers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import numbers
from ml.decisions.schemas import ACTION_ID, POLICY_ROWS, checked, require_range
from ml.errors import ModelError
from ml.metrics.intervals import NORMAL_95, UNKNOWN, Interval
from ml.schemas import CUSTOMER_ID, KEYS, SNAPSHOT_DATE, SchemaError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Below this many effective decisions the normal interval of a mean is too narrow.
MIN_EFFECTIVE_DECISIONS = 100
TOLERANCE = 1e-6


class OverlapError(ModelError):
    """The logged decisions hold no evidence about actions that the policy would choose."""


@dataclass(frozen=True)
class PolicyValue:
    """Mean outcome a decision under a policy, with 95 % intervals.

    Attributes:
        decisions: logged decisions.
        customers: customers of these decisions.
        inverse_propensity: estimate with interval.
        self_normalised: estimate with interval.
        doubly_robust: estimate with interval, `UNKNOWN` without predictions.
        effective_decisions: decisions ÷ expected squared weight (Kish: Survey Sampling, 1965). The
            expectation is over the logged probabilities, because rare actions with large weights
            may not have been received at all.
        largest_weight: of a decision.
        scores: contributions of the decisions, for comparisons.
    """

    decisions: int
    customers: int
    inverse_propensity: Interval
    self_normalised: Interval
    doubly_robust: Interval
    effective_decisions: float
    largest_weight: float
    scores: DecisionScores = field(repr=False, compare=False)

    @property
    def best(self) -> Interval:
        """The doubly robust estimate where there are predictions, else the self-normalised one."""
        is_predicted = not np.isnan(self.doubly_robust.estimate)
        return self.doubly_robust if is_predicted else self.self_normalised


@dataclass(frozen=True)
class TakeOver:
    """Comparison of a new policy with the current one.

    Attributes:
        takes_over: whether the lower end of the difference is not below 0.
        difference: value of the new policy minus that of the current one, on the same decisions.
    """

    takes_over: bool
    difference: Interval


def policy_value(rows: pa.Table) -> PolicyValue:
    """Value of a policy.

    Args:
        rows: `POLICY_ROWS`, one row per decision and action; the current policy is valued with its
            logged probabilities as policy probabilities.

    Raises:
        SchemaError: a column is missing or out of range, the probabilities of a decision do not add
            up to 1, or a decision has not exactly one received action.
        OverlapError: the policy chooses actions whose logged probability is 0, or fewer than 100
            effective decisions are left.
    """
    log = _Log.read(rows)
    unsupported = log.by_decision(np.where(log.logged > 0, 0, log.chosen)).mean()
    if unsupported > 0:
        raise OverlapError(
            f"the policy puts {unsupported:.1%} of its probability on actions that were logged "
            "with probability 0; leave these actions or decisions out, or explore them first"
        )
    effective = len(log.starts) / log.by_decision(log.expected_weights()).mean()
    if effective < MIN_EFFECTIVE_DECISIONS:
        raise OverlapError(
            f"{len(log.starts)} decisions are worth {effective:.0f} of the policy's own, fewer "
            f"than {MIN_EFFECTIVE_DECISIONS}; wait for more decisions, or explore more"
        )
    weights = log.chosen[log.received] / log.logged[log.received]
    scores = DecisionScores.of(log, weights)
    return PolicyValue(
        decisions=len(log.starts),
        customers=log.customers,
        inverse_propensity=scores.interval(scores.inverse_propensity),
        self_normalised=scores.interval(scores.self_normalised),
        doubly_robust=scores.interval(scores.doubly_robust),
        effective_decisions=float(effective),
        largest_weight=float(weights.max()),
        scores=scores,
    )


def takes_over(new: PolicyValue, current: PolicyValue) -> TakeOver:
    """Decide whether a new policy may take over from the current one.

    The difference is paired: both are valued on the same decisions, so what is common to both
    cancels. It is doubly robust if both have predictions, else self-normalised.

    Raises:
        ModelError: the policies were valued on different decisions.
    """
    ours, theirs = new.scores, current.scores
    if not ours.has_same_decisions(theirs):
        raise ModelError(
            "the policies were valued on different decisions; value both on the same log"
        )
    both = (ours.doubly_robust, theirs.doubly_robust)
    if any(np.isnan(scores).any() for scores in both):
        both = (ours.self_normalised, theirs.self_normalised)
    difference = ours.interval(both[0] - both[1])
    return TakeOver(difference.low >= 0, difference)


@dataclass(frozen=True)
class _Log:
    """Checked rows in order of customer and date.

    Arrays have the shape (rows,) but `starts` and `received`, the first and the received row of
    each decision, shape (decisions,), and `customer_starts`, the first decision of each customer.
    """

    table: pa.Table
    logged: Floats
    chosen: Floats
    starts: Codes
    received: Codes
    customer_starts: Codes

    @classmethod
    def read(cls, rows: pa.Table) -> _Log:
        what = "policy rows"
        nullable = (ACTION_ID, "outcome", "expected_outcome")
        table = checked(rows, POLICY_ROWS, what, nullable)
        for name in ("logged_probability", "policy_probability"):
            require_range(table, name, 0, 1 + TOLERANCE, what)
        if not len(table):
            raise OverlapError("there are no logged decisions")
        table = table.sort_by(
            [(name, "ascending") for name in (CUSTOMER_ID, SNAPSHOT_DATE, ACTION_ID)]
        )
        is_new_customer = _changes(table, [CUSTOMER_ID])
        starts = np.flatnonzero(_changes(table, list(KEYS)))
        logged, chosen = (
            numbers(table[name]) for name in ("logged_probability", "policy_probability")
        )
        received = np.flatnonzero(table["is_received"].to_numpy())
        log = cls(table, logged, chosen, starts, received, np.flatnonzero(is_new_customer[starts]))
        log.check(what)
        return log

    @property
    def customers(self) -> int:
        return len(self.customer_starts)

    def by_decision(self, values: Floats) -> Floats:
        """Sums over the rows of each decision."""
        return np.asarray(np.add.reduceat(values, self.starts))

    def expected_weights(self) -> Floats:
        """Contribution of each row to the expected squared weight of its decision."""
        return np.divide(
            np.square(self.chosen),
            self.logged,
            out=np.zeros_like(self.chosen),
            where=self.chosen > 0,
        )

    def check(self, what: str) -> None:
        """Check sums of probabilities and the received row of each decision."""
        for name, values in (("logged", self.logged), ("policy", self.chosen)):
            wrong = int((np.abs(self.by_decision(values) - 1) > TOLERANCE).sum())
            if wrong:
                raise SchemaError(
                    f"{what}.{name}_probability: expected a sum of 1 a decision, found {wrong} "
                    "decisions with another one"
                )
        ends = np.append(self.starts[1:], len(self.logged))
        is_single = len(self.received) == len(self.starts) and bool(
            ((self.received >= self.starts) & (self.received < ends)).all()
        )
        if not is_single:
            raise SchemaError(f"{what}.is_received: expected one received action a decision")
        if (self.logged[self.received] <= 0).any():
            raise SchemaError(f"{what}.logged_probability: expected above 0 for received actions")
        if self.table["outcome"].take(pa.array(self.received)).null_count:
            raise SchemaError(f"{what}.outcome: expected one for each received action")


@dataclass(frozen=True)
class DecisionScores:
    """Estimates as means of one score a decision, all of shape (decisions,).

    The self-normalised score is linearised, so that its mean is the estimate and its spread that of
    the estimate.
    """

    inverse_propensity: Floats
    self_normalised: Floats
    doubly_robust: Floats
    customer_starts: Codes
    decisions: pa.Table

    @classmethod
    def of(cls, log: _Log, weights: Floats) -> DecisionScores:
        """Scores of decisions with weights of shape (decisions,)."""
        received = pa.array(log.received)
        outcomes = numbers(log.table["outcome"].take(received))
        predicted = numbers(log.table["expected_outcome"])
        # An action that the policy does not choose needs no prediction, unless it was received.
        of_policy = log.by_decision(np.where(log.chosen > 0, log.chosen * predicted, 0))
        residuals = np.where(weights > 0, weights * (outcomes - predicted[log.received]), 0)
        ratio = (weights * outcomes).sum() / weights.sum()
        return cls(
            inverse_propensity=weights * outcomes,
            self_normalised=ratio + weights * (outcomes - ratio) / weights.mean(),
            doubly_robust=of_policy + residuals,
            customer_starts=log.customer_starts,
            decisions=log.table.take(received).select([*KEYS, ACTION_ID, "outcome"]),
        )

    def has_same_decisions(self, other: DecisionScores) -> bool:
        """Return whether customers, dates, received actions and outcomes agree."""
        return bool(self.decisions == other.decisions)

    def interval(self, scores: Floats) -> Interval:
        """Mean of the scores with its normal interval over customers.

        The variance is that of sums over customers (Liang, Zeger: Longitudinal Data Analysis using
        Generalized Linear Models, Biometrika 73, 1986).
        """
        if np.isnan(scores).any():
            return UNKNOWN
        mean = float(scores.mean())
        sums = np.add.reduceat(scores - mean, self.customer_starts)
        customers = len(sums)
        if customers < 2:
            return Interval(mean, float("nan"), float("nan"))
        variance = np.square(sums).sum() * customers / (customers - 1) / len(scores) ** 2
        half = NORMAL_95 * float(np.sqrt(variance))
        return Interval(mean, mean - half, mean + half)


def _changes(table: pa.Table, names: list[str]) -> NDArray[np.bool_]:
    """Rows that differ from the one before in any of the columns, the first included."""
    found = np.ones(len(table), bool)
    found[1:] = False
    for name in names:
        column = table[name].combine_chunks()
        found[1:] |= pc.not_equal(column.slice(1), column.slice(0, len(column) - 1)).to_numpy(
            zero_copy_only=False
        )
    return found
