"""Offline valuation: the value of a rule on logged decisions, before it decides for anybody.

The outcome of a decision is the value of one horizon if the customer was retained, minus the
expected cost of the action received: what the allocation maximises. Days are decided again by the
rule, with draws of their own, and the logged decisions are weighted by the ratio of both
probabilities (`ml.decisions.policy_value`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import day_number, numbers
from ml.decisions.decide import decide
from ml.decisions.policy_value import OverlapError, PolicyValue, policy_value, takes_over
from ml.decisions.schemas import ACTION_ID, CANDIDATES, POLICY_ROWS
from ml.decisions.settings import DayLimits, Randomisation
from ml.errors import ModelError
from ml.metrics.intervals import Interval
from ml.sampling import unit_hash
from ml.schemas import CUSTOMER_ID, SNAPSHOT_DATE, conform

Values = NDArray[np.float64]

# One row per logged decision and action that could have been received, and one with a null action
# for receiving nothing. The global hold-out is left out: it was never randomised on a day.
LOGGED_OPTIONS = pa.schema(
    [
        (CUSTOMER_ID, pa.string()),
        (SNAPSHOT_DATE, pa.date32()),
        (ACTION_ID, pa.string()),
        ("logged_probability", pa.float64()),
        ("is_received", pa.bool_()),
        ("is_retained", pa.bool_()),
        # As known on the day.
        ("churn_probability", pa.float64()),
        ("value_if_retained", pa.float64()),
        ("expected_cost", pa.float64()),
        # Expected share of would-be churned customers whom the action keeps: by today's priors, and
        # by the catalogue, which has seen no outcome.
        ("save_share", pa.float64()),
        ("catalogue_save_share", pa.float64()),
        # By today's priors; null for nothing.
        ("probability_of_help", pa.float64()),
    ]
)
# As `least_probability_of_help` of dbt's macros.
LEAST_PROBABILITY_OF_HELP = 0.7
_SALT = 20_110


@dataclass(frozen=True)
class Valuation:
    """A rule compared with the logged decisions.

    Attributes:
        takes_over: whether the lower end of the difference is not below 0.
        why: the reason if the rule could not be valued, else None.
        decisions: logged decisions.
        new, current, difference: mean outcome a decision with 95 % intervals; None if not valued.
        by_weights: the rule's mean outcome by inverse propensity alone, without predictions.
    """

    takes_over: bool
    why: str | None
    decisions: int
    new: Interval | None = None
    current: Interval | None = None
    difference: Interval | None = None
    by_weights: Interval | None = None

    @property
    def sentence(self) -> str:
        """The result as a sentence without its full stop."""
        if self.difference is None or self.new is None or self.current is None:
            return f"its value on logged decisions is not known: {self.why}"
        gap = self.difference
        return (
            f"on {self.decisions:,} logged decisions it is worth {self.new.estimate:.3f} a decision"
            f" and the rule in use {self.current.estimate:.3f}, difference {gap.estimate:+.3f}"
            f" (95 % interval {gap.low:+.3f} to {gap.high:+.3f})"
        )

    @property
    def metrics(self) -> dict[str, float]:
        """The intervals' figures by name; empty if the rule was not valued."""
        found = {
            "offline_value": self.new,
            "offline_value_by_weights": self.by_weights,
            "offline_value_in_use": self.current,
            "offline_difference": self.difference,
        }
        return {
            f"{name}{suffix}": value
            for name, interval in found.items()
            if interval is not None
            for suffix, value in (
                ("", interval.estimate),
                ("_low", interval.low),
                ("_high", interval.high),
            )
        }


@dataclass(frozen=True)
class Rule:
    """Expectations by which a rule decides, for each row of the logged options.

    Attributes:
        uplift: expected uplift, shape (rows,); ignored for nothing.
        is_proven: whether the action may be given for its value and not by exploration only, shape
            (rows,).
    """

    uplift: Values
    is_proven: NDArray[np.bool_]

    def with_learned(self, rows: NDArray[np.int64], uplift: Values) -> Rule:
        """The rule with learned uplifts of some rows, which are proven where they are above 0."""
        everywhere, is_proven = self.uplift.copy(), self.is_proven.copy()
        everywhere[rows], is_proven[rows] = uplift, uplift > 0
        return Rule(everywhere, is_proven)


def simple_rule(log: pa.Table) -> Rule:
    """The rule by today's priors."""
    uplift = np.nan_to_num(numbers(log["churn_probability"]) * numbers(log["save_share"]))
    return Rule(uplift, numbers(log["probability_of_help"]) >= LEAST_PROBABILITY_OF_HELP)


def value_rule(
    log: pa.Table, rule: Rule, shares: Randomisation, limits: Mapping[date, DayLimits]
) -> Valuation:
    """Value of the decisions that a rule would have taken, compared with the logged ones.

    Args:
        log: `LOGGED_OPTIONS`.
        rule: the rule to value.
        shares: of exploration and control under the rule.
        limits: money and contacts of each logged day.

    Raises:
        SchemaError: a column is missing, or the log's probabilities are inconsistent.
    """
    log = conform(log, LOGGED_OPTIONS, "logged options")
    decisions = int(pc.sum(pc.is_null(log[ACTION_ID]), min_count=0).as_py())
    try:
        new = policy_value(_rows(log, _probabilities(log, rule, shares, limits)))
        current = policy_value(_rows(log, numbers(log["logged_probability"])))
    except OverlapError as error:
        return Valuation(False, f"not enough logged decisions ({error})", decisions)
    return _compared(new, current)


def _compared(new: PolicyValue, current: PolicyValue) -> Valuation:
    compared = takes_over(new, current)
    return Valuation(
        compared.takes_over,
        None,
        new.decisions,
        new.best,
        current.best,
        compared.difference,
        new.inverse_propensity,
    )


def _rows(log: pa.Table, policy_probability: Values) -> pa.Table:
    """`POLICY_ROWS` of the log under a policy."""
    value, cost = numbers(log["value_if_retained"]), numbers(log["expected_cost"])
    churn = numbers(log["churn_probability"])
    # The catalogue and not the priors: these have seen the customers' outcomes.
    saved = np.nan_to_num(numbers(log["catalogue_save_share"]))
    is_received = log["is_received"].to_numpy()
    outcome = numbers(log["is_retained"]) * value - cost
    columns = {
        "policy_probability": policy_probability,
        "outcome": pa.array(outcome, mask=~is_received),
        "expected_outcome": value * (1 - churn * (1 - saved)) - cost,
    }
    return pa.table(
        [
            columns[field.name] if field.name in columns else log[field.name]
            for field in POLICY_ROWS
        ],
        schema=POLICY_ROWS,
    )


def _probabilities(
    log: pa.Table, rule: Rule, shares: Randomisation, limits: Mapping[date, DayLimits]
) -> Values:
    """Probability of each row under the rule, shape (rows,)."""
    found = np.zeros(len(log))
    days = log[SNAPSHOT_DATE].cast(pa.int32()).to_numpy()
    open_to_all = Randomisation(0.0, shares.exploration_share, shares.control_share)
    for day in log[SNAPSHOT_DATE].unique().to_pylist():
        if day not in limits:
            raise ModelError(f"the limits of {day} are missing")
        rows = np.flatnonzero(days == day_number(day))
        options = log.take(pa.array(rows))
        offered = np.flatnonzero(options[ACTION_ID].is_valid().to_numpy())
        if not len(offered):
            found[rows] = 1.0
            continue
        of_offered = Rule(rule.uplift[rows[offered]], rule.is_proven[rows[offered]])
        candidates = _candidates(options.take(pa.array(offered)), of_offered, day)
        decided = decide(candidates, open_to_all, limits[day])
        found[rows] = _looked_up(options, decided.probabilities)
    return found


def _candidates(offered: pa.Table, rule: Rule, day: date) -> pa.Table:
    """`CANDIDATES` with the rule's expectations, and draws that no logged decision depends on."""
    cost = numbers(offered["expected_cost"])
    salt = _SALT + 10 * day_number(day)
    by_customer = [unit_hash(offered[CUSTOMER_ID], salt + number) for number in range(3)]
    pairs = pc.binary_join_element_wise(offered[CUSTOMER_ID], offered[ACTION_ID], "/")
    columns = [
        offered[CUSTOMER_ID],
        offered[ACTION_ID],
        rule.uplift,
        rule.uplift * numbers(offered["value_if_retained"]) - cost,
        cost,
        *by_customer,
        unit_hash(pairs, salt + 3),
        rule.is_proven,
    ]
    return pa.table(columns, schema=CANDIDATES)


def _looked_up(options: pa.Table, probabilities: pa.Table) -> Values:
    """Probability of each option, 0 where a table of `ACTION_PROBABILITIES` has none."""
    keys, known = (
        pc.binary_join_element_wise(
            table[CUSTOMER_ID], pc.fill_null(table[ACTION_ID], ""), "/"
        ).combine_chunks()
        for table in (options, probabilities)
    )
    place = pc.index_in(keys, value_set=known)
    found = pc.take(probabilities["probability"], place)
    # A customer without any action that the rule could take receives nothing.
    decided = pc.is_in(options[CUSTOMER_ID], value_set=probabilities[CUSTOMER_ID].unique())
    alone = pc.and_(pc.invert(decided), pc.is_null(options[ACTION_ID]))
    return np.asarray(pc.if_else(alone, 1.0, pc.fill_null(found, 0.0)).to_numpy())
