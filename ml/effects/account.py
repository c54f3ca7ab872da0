"""Account of retention: customers kept, money brought and money spent, by period and action.

Every figure comes from a comparison with a control group. Treated customers without one are counted
and add nothing.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.columns import numbers
from ml.effects.claims import SAMPLE_RATIO_MISMATCH
from ml.effects.moments import group_codes
from ml.effects.schemas import (
    ACTION_ID,
    ALL,
    ALL_MATURED,
    EFFECTS,
    PERIOD,
    RETENTION_ACCOUNT,
    conform,
)

Values = NDArray[np.float64]

# Figures of the account, and the effect per customer (or in all), its ends and the number of
# customers that it is multiplied by.
MEASURED: dict[str, tuple[str, str, str, str | None]] = {
    "customers_kept": ("uplift", "uplift_low", "uplift_high", "known_treated"),
    "money_brought": ("revenue_uplift", "revenue_low", "revenue_high", "known_revenue_treated"),
    "net_value": ("net_value", "net_value_low", "net_value_high", None),
}


def retention_account(effects: pa.Table) -> pa.Table:
    """Account of each action and period, of each action's matured periods, and of all actions.

    The sum over actions has the interval that adds the squared distances to each end (method of
    variance estimates recovery; Zou, Donner: Construction of Confidence Limits about Effect
    Measures, Statistics in Medicine 27, 2008). Periods with a wrong sample ratio count as
    unmeasured.

    Args:
        effects: the result of `ml.effects.measure.measure_effects`.

    Returns:
        A table with the columns of `RETENTION_ACCOUNT`; `action_id` is `all` for all actions. A
        figure without any measured part is null.

    Raises:
        SchemaError: a column of the effects is missing.
    """
    effects = conform(effects, EFFECTS, "effects")
    of_all = effects.filter(pc.equal(effects["segment_kind"], ALL))
    single = of_all.filter(pc.equal(of_all["period_kind"], PERIOD))
    total = of_all.filter(pc.equal(of_all["period_kind"], ALL_MATURED))
    parts = [
        _summed(of_all, (ACTION_ID, "period_kind", "period_start", "period_end")),
        _of_all_actions(_summed(single, ("period_start", "period_end"))),
        _of_all_actions(_summed(total, ("period_kind",))),
    ]
    order = [(name, "ascending") for name in (ACTION_ID, "period_kind", "period_start")]
    return pa.concat_tables(parts).sort_by(order)


def _summed(effects: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """Account of the rows with equal keys; the other keys are those of the first row."""
    effects = effects.sort_by([("period_start", "ascending"), (ACTION_ID, "ascending")])
    first, group = group_codes(effects, keys)
    rows = effects.take(pa.array(first))
    # Without threads groups are in the order of their first rows, as `group_codes` has them.
    ends = effects.group_by(list(keys), use_threads=False).aggregate([("period_end", "max")])
    sums = _Sums(group, len(first))
    is_sound = np.asarray(effects["verdict"].to_numpy() != SAMPLE_RATIO_MISMATCH)
    is_measured = is_sound & np.asarray(effects["uplift_low"].is_valid())
    treated = numbers(effects["treated"])
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        ACTION_ID: rows[ACTION_ID],
        "period_kind": rows["period_kind"],
        "period_start": rows["period_start"],
        "period_end": ends["period_end_max"],
        "is_provisional": pa.array(sums.of(numbers(effects["is_provisional"])) > 0),
        "treated": pa.array(sums.of(treated).astype(np.int64)),
        "unmeasured_treated": pa.array(sums.of(treated * ~is_measured).astype(np.int64)),
        "money_spent": sums.of_known(numbers(effects["money_spent"])),
    }
    for name, (*measured, customers) in MEASURED.items():
        scale = np.where(
            is_sound, 1.0 if customers is None else numbers(effects[customers]), np.nan
        )
        estimate, low, high = (scale * numbers(effects[str(column)]) for column in measured)
        columns |= _interval_columns(name, sums, estimate, low, high)
    return pa.table([columns[name] for name in RETENTION_ACCOUNT.names], schema=RETENTION_ACCOUNT)


class _Sums:
    """Sums by group, of shape (groups,)."""

    def __init__(self, group: NDArray[np.int64], groups: int) -> None:
        self.group, self.groups = group, groups

    def of(self, values: Values) -> Values:
        """Sums of values of shape (rows,)."""
        summed = np.bincount(self.group, values, minlength=self.groups)
        return np.asarray(summed, dtype=np.float64)

    def of_known(self, values: Values) -> pa.Array:
        """Sums of the known values; null for a group without any."""
        is_known = ~np.isnan(values)
        return pa.array(self.of(np.nan_to_num(values)), mask=self.of(is_known.astype(float)) == 0)


def _interval_columns(
    name: str, sums: _Sums, estimate: Values, low: Values, high: Values
) -> dict[str, pa.Array]:
    """Sums of the estimates that have an interval, and the ends of the interval of the sum."""
    estimate = np.where(np.isnan(low), np.nan, estimate)
    total = sums.of_known(estimate)
    below, above = (
        np.sqrt(sums.of(np.square(np.nan_to_num(end - estimate)))) for end in (low, high)
    )
    return {
        name: total,
        f"{name}_low": pc.subtract(total, pa.array(below)),
        f"{name}_high": pc.add(total, pa.array(above)),
    }


def _of_all_actions(account: pa.Table) -> pa.Table:
    place = account.column_names.index(ACTION_ID)
    return account.set_column(place, ACTION_ID, pa.array([ALL] * len(account), pa.string()))
