"""Effects of actions on retention and revenue, by intention to treat.

Every customer counts in the arm that was assigned, delivered or not. A claim is made once, when the
period has matured; the rows of all matured periods are read again each period, and their p-values
are valid for any number of looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ml.columns import numbers
from ml.effects.claims import Evidence, always_valid_p_values, q_values, verdicts
from ml.effects.covariate_adjustment import (
    MODERATION_OF_AMOUNTS,
    Difference,
    difference,
    narrower_difference,
    stratum_weights,
)
from ml.effects.moments import (
    RETAINED,
    REVENUE,
    Cells,
    Moments,
    group_codes,
    segment_sums,
    unit_sums,
    with_totals,
)
from ml.effects.proportions import (
    customers_per_arm,
    newcombe_interval,
    newcombe_p_value,
    sample_ratio_p_value,
)
from ml.effects.schemas import ACTION_ID, ALL, ALL_MATURED, EFFECTS, TREATMENT
from ml.effects.settings import EffectSettings
from ml.effects.units import NET_VALUE, experiment_units

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

# An arm with fewer customers, or fewer retained or lost ones, has Newcombe's interval: Welch's is
# symmetric, and with a mean of few successes its coverage falls below 95 %.
LEAST_CUSTOMERS = 100
LEAST_OUTCOMES = 10
CUPED, NEWCOMBE = "cuped", "newcombe"


def measure_effects(units: pa.Table, settings: EffectSettings) -> pa.Table:
    """Effect of each action by segment and period, and over all its matured periods.

    Args:
        units: assignments, with the columns of `UNITS`.
        settings: planned effects and thresholds.

    Returns:
        A table with the columns of `EFFECTS`, ordered by action, segment and period.

    Raises:
        SchemaError: the units do not fit `UNITS`.
    """
    sums = _with_period_states(segment_sums(unit_sums(experiment_units(units))), settings)
    is_sound = (numbers(sums["immature"]) == 0) & (numbers(sums["mismatched"]) == 0)
    cells = Cells.of(with_totals(sums, is_sound))
    columns = {
        **_count_columns(cells),
        **_money_columns(cells),
        **_claim_columns(cells, Retention.of(cells.moments(RETAINED)), settings),
    }
    named = {name: cells.keys[name] for name in cells.keys.column_names}
    return pa.table([{**named, **columns}[name] for name in EFFECTS.names], schema=EFFECTS)


@dataclass(frozen=True)
class Retention:
    """Retention in both arms and its difference in each cell; arrays of shape (cells,).

    `treated_share` and `control_share` are weighted alike over the strata. `information` is the
    number of customers per arm, in arms of equal size, with the precision of the estimate.
    """

    treated_share: Values
    control_share: Values
    uplift: Values
    low: Values
    high: Values
    p_value: Values
    is_adjusted: Mask
    information: Values

    @classmethod
    def of(cls, moments: Moments) -> Retention:
        """CUPED-adjusted difference in large cells where it is narrower, else Newcombe's."""
        shares, sizes = _weighted_shares(moments)
        plain, (adjusted, is_narrower) = difference(moments), narrower_difference(moments)
        is_adjusted = is_narrower & _is_large(moments)
        arms = (shares[:, 1], sizes[:, 1], shares[:, 0], sizes[:, 0])
        score_low, score_high = newcombe_interval(*arms)
        low, high = adjusted.interval
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = np.square(plain.standard_error / adjusted.standard_error)
            information = 2 / (1 / sizes[:, 1] + 1 / sizes[:, 0])
        return cls(
            treated_share=shares[:, 1],
            control_share=shares[:, 0],
            uplift=np.where(is_adjusted, adjusted.estimate, shares[:, 1] - shares[:, 0]),
            low=np.where(is_adjusted, np.maximum(low, -1), score_low),
            high=np.where(is_adjusted, np.minimum(high, 1), score_high),
            p_value=np.where(is_adjusted, adjusted.p_value, newcombe_p_value(*arms)),
            is_adjusted=is_adjusted,
            information=np.where(is_adjusted, information * gain, information),
        )


def _weighted_shares(moments: Moments) -> tuple[Values, Values]:
    """Retained share and effective number of customers by arm, each of shape (cells, 2).

    The effective number is Kish's: the sample without weights that has the same variance. Without a
    stratum that has both arms, the share is that of all customers and nothing is compared.
    """
    count = moments.by_cell(moments.count)
    weight = stratum_weights(moments)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = moments.by_cell(moments.outcome) / count
        share = moments.outcome / np.maximum(moments.count, 1)
        weighted = moments.by_cell(weight * share)
        size = 1 / moments.by_cell(np.square(weight) / np.maximum(moments.count, 1))
    return np.where(np.isnan(weighted), plain, weighted), np.nan_to_num(size)


def _is_large(moments: Moments) -> Mask:
    """Mask of cells in which both arms have enough customers, retained and lost ones, (cells,)."""
    count, retained = moments.by_cell(moments.count), moments.by_cell(moments.outcome)
    fewest = np.minimum(retained, count - retained)
    return np.asarray(((count >= LEAST_CUSTOMERS) & (fewest >= LEAST_OUTCOMES)).all(axis=1))


def _with_period_states(sums: pa.Table, settings: EffectSettings) -> pa.Table:
    """The sums with `immature` and `mismatched`: 1 for periods that may claim nothing, else 0.

    Both are properties of an action's whole period: a segment has its one look with its period, and
    an assignment whose arms have wrong sizes is not random in any segment.
    """
    _, period = group_codes(sums, (ACTION_ID, "period_start", "period_end"))
    is_all = np.asarray(sums["segment_kind"].to_numpy() == ALL)
    is_treated = np.asarray(sums["arm"].to_numpy() == TREATMENT)
    size = period.max(initial=-1) + 1

    def counted(name: str, rows: Mask) -> Values:
        return np.asarray(
            np.bincount(period[rows], numbers(sums[name])[rows], minlength=size), dtype=np.float64
        )

    immature = counted("mature", is_all) < counted("units", is_all)
    p_value = _sample_ratio(
        counted("planned", is_all & is_treated),
        counted("planned", is_all),
        counted("expected_treated", is_all),
    )
    mismatched = p_value < settings.sample_ratio_threshold
    for name, state in (("immature", immature), ("mismatched", mismatched)):
        sums = sums.append_column(name, pa.array(state[period].astype(float)))
    return sums


def _sample_ratio(treated: Values, customers: Values, expected_treated: Values) -> Values:
    planned_share = expected_treated / np.maximum(customers, 1)
    return sample_ratio_p_value(treated, customers, planned_share)


def _count_columns(cells: Cells) -> dict[str, pa.Array]:
    units, mature = cells.count("units"), cells.count("mature").sum(axis=1)
    known = _known(cells.moments(RETAINED))
    amounts = _known(cells.moments(NET_VALUE)).sum(axis=1)
    counts = {
        "treated": units[:, 1],
        "control": units[:, 0],
        "known_treated": known[:, 1],
        "known_control": known[:, 0],
        "delivered_treated": cells.count("delivered")[:, 1],
        "redeemed_treated": cells.count("redeemed")[:, 1],
        "unknown_outcomes": mature - known.sum(axis=1),
        "unknown_amounts": mature - amounts,
        "conflicting_arms": cells.count("conflicting").sum(axis=1),
    }
    return {name: pa.array(counted.astype(np.int64)) for name, counted in counts.items()}


def _money_columns(cells: Cells) -> dict[str, pa.Array]:
    value = cells.moments(NET_VALUE)
    revenue_difference, _ = narrower_difference(cells.moments(REVENUE), MODERATION_OF_AMOUNTS)
    value_difference, _ = narrower_difference(value, MODERATION_OF_AMOUNTS)
    with np.errstate(invalid="ignore"):
        cost_per_treated = (cells.count("cost") / cells.count("known_costs"))[:, 1]
    return {
        "cost_per_treated": _nullable(cost_per_treated),
        **_interval_columns("revenue_uplift", "revenue", revenue_difference, np.ones(len(cells))),
        **_interval_columns("net_value", "net_value", value_difference, _known(value)[:, 1]),
    }


def _claim_columns(
    cells: Cells, retention: Retention, settings: EffectSettings
) -> dict[str, pa.Array]:
    planned = cells.count("planned")
    sample_ratio = _sample_ratio(
        planned[:, 1], planned.sum(axis=1), cells.count("expected_treated").sum(axis=1)
    )
    is_provisional = cells.count("immature").sum(axis=1) > 0
    is_mismatched = (sample_ratio < settings.sample_ratio_threshold) | (
        cells.count("mismatched").sum(axis=1) > 0
    )
    planned_uplift = _planned_save_shares(cells, settings) * (1 - retention.control_share)
    is_total = np.asarray(cells.keys["period_kind"].to_numpy() == ALL_MATURED)
    p_value = np.where(
        is_total,
        always_valid_p_values(retention.p_value, retention.uplift, planned_uplift),
        retention.p_value,
    )
    p_value = np.where(is_provisional | is_mismatched, np.nan, p_value)
    q_value = q_values(p_value, _families(cells))
    evidence = Evidence(
        uplift=retention.uplift,
        low=retention.low,
        high=retention.high,
        q_value=q_value,
        planned_uplift=planned_uplift,
        is_provisional=is_provisional,
        is_mismatched=is_mismatched,
    )
    no_plan = np.isnan(sample_ratio)
    compared = ~np.isnan(retention.low)
    method = np.where(retention.is_adjusted, CUPED, NEWCOMBE)
    return {
        "is_provisional": pa.array(is_provisional),
        "retained_treated": _nullable(retention.treated_share),
        "retained_control": _nullable(retention.control_share),
        "uplift": _nullable(retention.uplift),
        "uplift_low": _nullable(retention.low),
        "uplift_high": _nullable(retention.high),
        "uplift_method": pa.array(method, pa.string(), mask=~compared),
        "p_value": _nullable(p_value),
        "q_value": _nullable(q_value),
        "sample_ratio_ok": pa.array(~is_mismatched, mask=no_plan & ~is_mismatched),
        "sample_ratio_p": _nullable(sample_ratio),
        "planned_uplift": _nullable(planned_uplift),
        "customers_needed": _customers_needed(retention, planned_uplift, settings.power),
        "verdict": pa.array(verdicts(evidence, settings.false_discoveries), pa.string()),
    }


def _planned_save_shares(cells: Cells, settings: EffectSettings) -> Values:
    actions = cells.keys[ACTION_ID].to_pylist()
    return np.array([settings.planned_save_share(action) for action in actions], dtype=float)


def _customers_needed(retention: Retention, planned_uplift: Values, power: float) -> pa.Array:
    """Further customers per arm, in arms of equal size; null where no effect was planned."""
    control_share = retention.control_share
    treated_share = np.clip(control_share + planned_uplift, 0, 1)
    needed = customers_per_arm(control_share, treated_share, power)
    further = np.ceil(np.maximum(needed - np.nan_to_num(retention.information), 0))
    return pa.array(
        np.where(np.isfinite(further), further, 0).astype(np.int64), mask=~np.isfinite(further)
    )


def _families(cells: Cells) -> NDArray[np.int64]:
    """Families of claims: the segments of an action and period, and its row of all customers."""
    is_all = np.asarray(cells.keys["segment_kind"].to_numpy() == ALL)
    keyed = cells.keys.append_column("is_all", pa.array(is_all.astype(np.int64)))
    return group_codes(keyed, (ACTION_ID, "period_kind", "period_start", "is_all"))[1]


def _known(moments: Moments) -> Values:
    """Customers whose outcome is known by cell and arm, shape (cells, 2)."""
    return moments.by_cell(moments.count)


def _interval_columns(
    name: str, prefix: str, found: Difference, customers: Values
) -> dict[str, pa.Array]:
    low, high = found.interval
    return {
        name: _nullable(customers * found.estimate),
        f"{prefix}_low": _nullable(customers * low),
        f"{prefix}_high": _nullable(customers * high),
    }


def _nullable(values: Values) -> pa.Array:
    """The values as doubles; null for NaN."""
    return pa.array(values, pa.float64(), mask=np.isnan(values))
