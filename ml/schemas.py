"""Names of the key and label columns, and checks of the tables that come in.

What belongs elsewhere: how a feature becomes a number (`preprocess`).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ml.errors import ModelError

CUSTOMER_ID = "customer_id"
SNAPSHOT_DATE = "snapshot_date"
IS_ELIGIBLE = "is_eligible"
CHURNED = "churned"
# What a customer spent within the horizon; known only where the outcome is.
NEXT_REVENUE = "next_net_revenue"
# Months of 30 days since the date that have passed, and the first that ended without a contract.
MONTHS_OBSERVED = "months_observed"
LEFT_IN_MONTH = "left_in_month"
KEYS = (SNAPSHOT_DATE, CUSTOMER_ID)
NOT_FEATURES = frozenset(
    {
        CUSTOMER_ID,
        SNAPSHOT_DATE,
        IS_ELIGIBLE,
        CHURNED,
        NEXT_REVENUE,
        MONTHS_OBSERVED,
        LEFT_IN_MONTH,
    }
)

CAUSES = (
    "product_fit",
    "service_response",
    "price_sensitivity",
    "emotional_bond",
    "external_environment",
)

HOLDOUT_SCORES = pa.schema(
    [
        (SNAPSHOT_DATE, pa.date32()),
        (CUSTOMER_ID, pa.string()),
        ("model_version", pa.string()),
        ("churn_probability", pa.float64()),
    ]
)

CHURN_SCORES = pa.schema(
    [
        *HOLDOUT_SCORES,
        ("main_cause", pa.string()),
        ("reason_feature_1", pa.string()),
        ("reason_feature_2", pa.string()),
        ("reason_feature_3", pa.string()),
        # By how much trees raise or lower what the formula says the customer is worth.
        ("value_factor", pa.float64()),
    ]
)

CHURN_HAZARDS = pa.schema(
    [
        (SNAPSHOT_DATE, pa.date32()),
        (CUSTOMER_ID, pa.string()),
        ("model_version", pa.string()),
        ("month_ahead", pa.int32()),
        ("hazard", pa.float64()),
        ("survival", pa.float64()),
    ]
)

# A row a group and measure: what SQL needs to assign customers (`ml.behaviour_groups`).
BEHAVIOUR_GROUPS = pa.schema(
    [
        ("behaviour_group", pa.string()),
        ("measure", pa.string()),
        ("location", pa.float64()),
        ("scale", pa.float64()),
        ("unknown", pa.float64()),
        ("centre", pa.float64()),
        ("share", pa.float64()),
    ]
)

TEXT_SCORES = pa.schema(
    [
        # The delivered row that holds the text.
        ("load_id", pa.int64()),
        ("row_no", pa.int64()),
        ("model_version", pa.string()),
        ("sentiment", pa.float64()),
        ("is_negative", pa.bool_()),
        ("topic", pa.string()),
    ]
)

COMPLAINT_TERMS = pa.schema(
    [
        ("month", pa.date32()),
        ("topic", pa.string()),
        ("rank", pa.int32()),
        ("term", pa.string()),
        ("customers", pa.int64()),
    ]
)

COMPLAINT_EXAMPLES = pa.schema(
    [
        ("month", pa.date32()),
        ("topic", pa.string()),
        ("phrase", pa.string()),
        ("sentiment", pa.float64()),
    ]
)


class SchemaError(ModelError):
    """A table lacks a column, or a column holds what the model cannot read."""


def feature_names(table: pa.Table) -> list[str]:
    """Columns that are neither key, label nor eligibility, in the table's order."""
    return [name for name in table.column_names if name not in NOT_FEATURES]


def labels_of(examples: pa.Table) -> NDArray[np.bool_]:
    """Who left, shape (rows,)."""
    return np.asarray(examples[CHURNED].to_numpy())


def require_columns(table: pa.Table, names: list[str] | tuple[str, ...], what: str) -> None:
    """Check that the table has the columns.

    Raises:
        SchemaError: naming the missing columns and those that are there.
    """
    missing = [name for name in names if name not in table.column_names]
    if missing:
        raise SchemaError(
            f"{what} lacks {', '.join(missing)}; it has {', '.join(table.column_names) or 'none'}"
        )


def check_features(table: pa.Table, what: str = "features") -> None:
    """Check a feature table: keys present, typed and never null, and at least one feature.

    Raises:
        SchemaError: saying which column is wrong and what was found.
    """
    require_columns(table, KEYS, what)
    if not pa.types.is_date(table.schema.field(SNAPSHOT_DATE).type):
        found = table.schema.field(SNAPSHOT_DATE).type
        raise SchemaError(f"{what}.{SNAPSHOT_DATE}: expected a date, found {found}")
    for name in KEYS:
        _require_no_nulls(table, name, what)
    if not feature_names(table):
        raise SchemaError(f"{what} holds keys only and no feature column")


def check_examples(table: pa.Table) -> None:
    """Check a table of labelled examples: a feature table with a boolean, known label.

    Raises:
        SchemaError: saying which column is wrong and what was found.
    """
    check_features(table, "examples")
    require_columns(table, [CHURNED], "examples")
    if not pa.types.is_boolean(table.schema.field(CHURNED).type):
        found = table.schema.field(CHURNED).type
        raise SchemaError(f"examples.{CHURNED}: expected a boolean, found {found}")
    _require_no_nulls(table, CHURNED, "examples")


def eligible_rows(table: pa.Table) -> pa.Table:
    """Rows whose `is_eligible` is true; the whole table where there is no such column."""
    if IS_ELIGIBLE not in table.column_names:
        return table
    return table.filter(pc.fill_null(table[IS_ELIGIBLE].cast(pa.bool_()), False))


def sorted_by_keys(table: pa.Table) -> pa.Table:
    """Rows in the order of (snapshot_date, customer_id): equal rows then train equal models.

    Raises:
        SchemaError: a customer appears twice on a date; the message names one.
    """
    ordered = table.sort_by([(name, "ascending") for name in KEYS])
    if ordered.num_rows > 1:
        repeated = pc.and_(
            *(
                pc.equal(ordered[name].slice(1), ordered[name].slice(0, len(ordered) - 1))
                for name in KEYS
            )
        )
        if pc.any(repeated).as_py():
            row = pc.index(repeated, pa.scalar(True)).as_py()
            customer, day = (ordered[name][row].as_py() for name in (CUSTOMER_ID, SNAPSHOT_DATE))
            raise SchemaError(f"customer {customer} appears more than once on {day}")
    return ordered


def _require_no_nulls(table: pa.Table, name: str, what: str) -> None:
    nulls = table[name].null_count
    if nulls:
        raise SchemaError(f"{what}.{name}: must be known, but {nulls} of {len(table)} rows lack it")
