"""Experiment units: one a customer, action and period, with the outcomes that are known of it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ml.effects.schemas import ACTION_ID, UNITS, check_units
from ml.schemas import CUSTOMER_ID

IS_CONFLICTING = "is_conflicting"
NET_VALUE = "net_value"
UNIT_KEY = (ACTION_ID, "period_start", "period_end", CUSTOMER_ID)


def experiment_units(assignments: pa.Table) -> pa.Table:
    """One row a customer, action and period, with `net_value` and `is_conflicting` added.

    A customer's first assignment in a period is the unit; the costs of later ones add up. A
    customer who was in both arms is conflicting and has no outcome. Outcomes before the end of the
    horizon are null: customers who return early are known first, and would bias the shares.
    `net_value` is net revenue minus cost; an unknown cost in the treatment arm makes it null.

    Raises:
        SchemaError: the assignments do not fit `UNITS` (`check_units`).
    """
    units = _first_assignments(check_units(assignments))
    usable = pc.and_(pc.fill_null(units["is_mature"], False), pc.invert(units[IS_CONFLICTING]))
    for name in ("is_retained", "net_revenue"):
        units = _replaced(units, name, pc.if_else(usable, units[name], None))
    return units.append_column(NET_VALUE, pc.subtract(units["net_revenue"], units["cost"]))


def _first_assignments(assignments: pa.Table) -> pa.Table:
    """First assignment of each customer, action and period, with `is_conflicting`."""
    counted = assignments.group_by(list(UNIT_KEY)).aggregate([([], "count_all")])
    if len(counted) == len(assignments):
        never = pa.chunked_array([pa.repeat(False, len(assignments))])
        return assignments.append_column(IS_CONFLICTING, never)
    keep_null = pc.ScalarAggregateOptions(skip_nulls=False)
    ordered = assignments.sort_by([(name, "ascending") for name in (*UNIT_KEY, "assigned_on")])
    repeated = {
        "cost": ("sum", keep_null),
        "is_delivered": ("any", None),
        "is_redeemed": ("any", None),
    }
    others = [name for name in UNITS.names if name not in {*UNIT_KEY, *repeated}]
    merged = ordered.group_by(list(UNIT_KEY), use_threads=False).aggregate(
        [
            *((name, "first", keep_null) for name in others),
            *((name, how, options) for name, (how, options) in repeated.items()),
            ("arm", "count_distinct"),
        ]
    )
    names = {f"{name}_first": name for name in others}
    names |= {f"{name}_{how}": name for name, (how, _) in repeated.items()}
    merged = merged.rename_columns([names.get(name, name) for name in merged.column_names])
    conflicting = pc.greater(merged["arm_count_distinct"], 1)
    return merged.select(UNITS.names).append_column(IS_CONFLICTING, conflicting)


def _replaced(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)
