"""Evaluation slices: groups of customers by which metrics are computed."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ml.schemas import IS_REACHABLE, LIFECYCLE_STAGE

# Lower bounds of the tenure slices in days, ascending, and their names.
TENURES = (
    (0, "under 90 days"),
    (90, "90 to 364 days"),
    (365, "365 to 729 days"),
    (730, "730 days or more"),
)


def evaluation_slices(examples: pa.Table) -> dict[str, list[str | None]]:
    """Group of each customer by dimension, in the order of the rows; None where unknown.

    - `lifecycle_stage`: the column that dbt computes; its definition is not repeated here.
    - `reachability`: reachable, or overdue by the customer's own interval; the column that dbt
      computes.
    - `tenure`: four bands of `tenure_days`.
    - `plan`: `contract_plan`, else `plan`.
    - `country`: the column.

    A dimension is left out if its columns are missing or null for every customer.
    """
    slices = {
        LIFECYCLE_STAGE: _texts(examples, LIFECYCLE_STAGE),
        "reachability": _reachability(_column(examples, IS_REACHABLE, pa.bool_())),
        "tenure": _tenure(_column(examples, "tenure_days", pa.float64())),
        "plan": pc.coalesce(_texts(examples, "contract_plan"), _texts(examples, "plan")),
        "country": _texts(examples, "country"),
    }
    return {
        dimension: groups.to_pylist()
        for dimension, groups in slices.items()
        if groups.null_count < len(groups)
    }


def _reachability(reachable: pa.Array) -> pa.Array:
    """Names of the two groups; null where it is unknown."""
    return pc.if_else(reachable, "reachable", "overdue")


def _tenure(days: pa.Array) -> pa.Array:
    """Name of the tenure slice with the greatest lower bound at or below the days."""
    conditions = [pc.fill_null(pc.greater_equal(days, low), False) for low, _ in TENURES[::-1]]
    names = [name for _, name in TENURES[::-1]]
    return pc.case_when(pa.StructArray.from_arrays(conditions, names), *names)


def _texts(examples: pa.Table, name: str) -> pa.Array:
    return _column(examples, name, pa.string())


def _column(examples: pa.Table, name: str, data_type: pa.DataType) -> pa.Array:
    if name not in examples.column_names:
        return pa.nulls(len(examples), data_type)
    return examples[name].cast(data_type).combine_chunks()
