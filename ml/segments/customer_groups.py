"""Groups of customers by which a model is judged, read from its feature columns."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# Lower ends, ascending, and what customers from there on are called.
STAGES = ((0, "prospect"), (1, "first_purchase"), (2, "repeat"), (5, "loyal"))
SUBSCRIBER = "subscriber"
TENURES = (
    (0, "under 90 days"),
    (90, "90 to 364 days"),
    (365, "365 to 729 days"),
    (730, "730 days or more"),
)


def customer_groups(features: pa.Table) -> dict[str, list[str | None]]:
    """Each customer's group by dimension, in the order of the table's rows.

    - `lifecycle_stage`: `subscriber` with a running contract (`active_subscriptions`, or where that
      is missing `contract_plan`); else by `orders_lifetime`: 1 `first_purchase`, 2 to 4 `repeat`,
      5 or more `loyal`.
    - `tenure`: by `tenure_days`, in four bands.
    - `plan`: `contract_plan`, else `plan`.
    - `country`: as it is.

    A group is None where it is not known. A dimension whose columns are missing, or of which no
    customer's group is known, is left out.
    """
    found = {
        "lifecycle_stage": _lifecycle_stage(features),
        "tenure": _bands(_numbers(features, "tenure_days"), TENURES),
        "plan": pc.coalesce(_texts(features, "contract_plan"), _texts(features, "plan")),
        "country": _texts(features, "country"),
    }
    return {
        name: groups.to_pylist()
        for name, groups in found.items()
        if groups.null_count < len(groups)
    }


def _lifecycle_stage(features: pa.Table) -> pa.Array:
    if "active_subscriptions" in features.column_names:
        running = pc.greater(_numbers(features, "active_subscriptions"), 0)
    else:
        running = pc.is_valid(_texts(features, "contract_plan"))
    by_orders = _bands(_numbers(features, "orders_lifetime"), STAGES)
    return pc.if_else(pc.fill_null(running, False), SUBSCRIBER, by_orders)


def _bands(values: pa.Array, bands: tuple[tuple[int, str], ...]) -> pa.Array:
    """The name of the highest band that begins at or below the value; null below the first."""
    conditions = [pc.fill_null(pc.greater_equal(values, low), False) for low, _ in bands]
    names = [name for _, name in bands]
    return pc.case_when(
        pa.StructArray.from_arrays(conditions[::-1], [str(low) for low, _ in bands[::-1]]),
        *names[::-1],
    )


def _numbers(features: pa.Table, name: str) -> pa.Array:
    return _column(features, name, pa.float64())


def _texts(features: pa.Table, name: str) -> pa.Array:
    return _column(features, name, pa.string())


def _column(features: pa.Table, name: str, data_type: pa.DataType) -> pa.Array:
    if name not in features.column_names:
        return pa.nulls(len(features), data_type)
    return features[name].cast(data_type).combine_chunks()
