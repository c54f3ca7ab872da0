"""Key and label columns, schemas of the result tables, and checks of incoming tables.

The encoding of features does not belong here (`ml.churn.preprocess`).
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
# Net revenue within the horizon; known only where the label is.
NEXT_REVENUE = "next_net_revenue"
# Days to the first purchase within the horizon; null for churned customers and for contracts.
RETURNED_AFTER_DAYS = "returned_after_days"
# Whether a customer has not returned so far, in a window that is still open.
IS_AWAY = "is_away"
# Whole months of 30 days since the date, and the first of them that ended without a contract.
MONTHS_OBSERVED = "months_observed"
LEFT_IN_MONTH = "left_in_month"
# The stage that dbt defines (`lifecycle_stage` in macros/customers/lifecycle.sql): for slices only.
LIFECYCLE_STAGE = "lifecycle_stage"
# Whether a customer is not overdue by the own interval, as dbt finds it (`is_reachable` in
# macros/customers/lifecycle.sql), and the columns that it follows from: none is a feature.
IS_REACHABLE = "is_reachable"
LIFECYCLE_STATUS = "lifecycle_status"
OVERDUE_ON = "overdue_on"
# Purchase days whose amounts are all known: others give the rate of purchases and not the spending.
VALUED_DAYS = "valued_days_lifetime"
KEYS = (SNAPSHOT_DATE, CUSTOMER_ID)
NOT_FEATURES = frozenset(
    {
        CUSTOMER_ID,
        SNAPSHOT_DATE,
        IS_ELIGIBLE,
        CHURNED,
        NEXT_REVENUE,
        RETURNED_AFTER_DAYS,
        IS_AWAY,
        MONTHS_OBSERVED,
        LEFT_IN_MONTH,
        LIFECYCLE_STAGE,
        IS_REACHABLE,
        LIFECYCLE_STATUS,
        OVERDUE_ON,
        VALUED_DAYS,
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
        # Factor by which gradient-boosted trees multiply the expected value of the formula.
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

# One row a date: the forecast of `ml.level`.
CHURN_LEVELS = pa.schema(
    [
        (SNAPSHOT_DATE, pa.date32()),
        ("model_version", pa.string()),
        ("customers", pa.int64()),
        ("model_rate", pa.float64()),
        ("expected_rate", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("log_ratio", pa.float64()),
        ("recent", pa.float64()),
        ("season", pa.float64()),
        ("history_days", pa.int64()),
    ]
)

# One row per date and model: metrics expected before the outcomes are known.
PERFORMANCE_ESTIMATES = pa.schema(
    [
        (SNAPSHOT_DATE, pa.date32()),
        ("model_version", pa.string()),
        ("reference_date", pa.date32()),
        ("customers", pa.int64()),
        ("estimated_roc_auc", pa.float64()),
        ("estimated_roc_auc_low", pa.float64()),
        ("estimated_roc_auc_high", pa.float64()),
        ("estimated_log_loss", pa.float64()),
        ("estimated_log_loss_low", pa.float64()),
        ("estimated_log_loss_high", pa.float64()),
        ("estimated_brier", pa.float64()),
        ("estimated_calibration_error", pa.float64()),
        ("estimated_churn_rate", pa.float64()),
        ("effective_reference_customers", pa.float64()),
        ("outside_reference_share", pa.float64()),
    ]
)

# One row per model and band of a feature's values (`ml.churn.reason_evidence`).
REASON_EVIDENCE = pa.schema(
    [
        ("model_version", pa.string()),
        ("feature", pa.string()),
        ("band", pa.int32()),
        ("lower", pa.float64()),
        ("upper", pa.float64()),
        ("category", pa.string()),
        ("customers", pa.int64()),
        ("churn_rate", pa.float64()),
        ("lift", pa.float64()),
        ("lift_low", pa.float64()),
        ("lift_high", pa.float64()),
        ("is_reason", pa.bool_()),
    ]
)

# One row per group and measure, from which SQL assigns customers to groups.
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
        # Key of the raw row that holds the text.
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
    """A table lacks a column, or a column has a type or value that the model cannot read."""


def feature_names(table: pa.Table) -> list[str]:
    """Names of the feature columns (all except `NOT_FEATURES`), in the table's order."""
    return [name for name in table.column_names if name not in NOT_FEATURES]


def labels_of(examples: pa.Table) -> NDArray[np.bool_]:
    """Churn labels of shape (rows,): true for a churned customer."""
    return np.asarray(examples[CHURNED].to_numpy())


def require_columns(table: pa.Table, names: list[str] | tuple[str, ...], what: str) -> None:
    """Check that the table has the columns.

    Args:
        table: the table to check.
        names: the columns that it must have.
        what: name of the table for the message.

    Raises:
        SchemaError: a column is missing; the message names it and the columns found.
    """
    found = set(table.column_names)
    missing = [name for name in names if name not in found]
    if missing:
        raise SchemaError(
            f"{what} lacks {', '.join(missing)}; it has {', '.join(table.column_names) or 'none'}"
        )


def check_features(table: pa.Table, what: str = "features") -> None:
    """Check a feature table: keys present, typed and never null, and at least one feature.

    Raises:
        SchemaError: the message names the column, what was expected and what was found.
    """
    require_columns(table, KEYS, what)
    if not pa.types.is_date(table.schema.field(SNAPSHOT_DATE).type):
        found = table.schema.field(SNAPSHOT_DATE).type
        raise SchemaError(f"{what}.{SNAPSHOT_DATE}: expected a date, found {found}")
    for name in KEYS:
        require_no_nulls(table, name, what)
    if not feature_names(table):
        raise SchemaError(f"{what} holds keys only and no feature column")


def check_examples(table: pa.Table) -> None:
    """Check a table of labelled examples: a feature table with a boolean label without nulls.

    Raises:
        SchemaError: the message names the column, what was expected and what was found.
    """
    check_features(table, "examples")
    require_columns(table, [CHURNED], "examples")
    if not pa.types.is_boolean(table.schema.field(CHURNED).type):
        found = table.schema.field(CHURNED).type
        raise SchemaError(f"examples.{CHURNED}: expected a boolean, found {found}")
    require_no_nulls(table, CHURNED, "examples")


def eligible_rows(table: pa.Table) -> pa.Table:
    """Rows whose `is_eligible` is true; the whole table if it has no such column."""
    if IS_ELIGIBLE not in table.column_names:
        return table
    return table.filter(pc.fill_null(table[IS_ELIGIBLE].cast(pa.bool_()), False))


def sorted_by_keys(table: pa.Table) -> pa.Table:
    """Rows ordered by (snapshot_date, customer_id), so that equal rows train equal models.

    Raises:
        SchemaError: a customer appears twice on a date; the message names the first one.
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


def conform(table: pa.Table, schema: pa.Schema, what: str) -> pa.Table:
    """The table's columns of the schema, cast to its types.

    Raises:
        SchemaError: a column is missing or cannot be cast; the message names it.
    """
    require_columns(table, schema.names, what)
    columns = []
    for field in schema:
        try:
            columns.append(table[field.name].cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            found = table.schema.field(field.name).type
            raise SchemaError(
                f"{what}.{field.name}: expected {field.type}, found {found} that cannot be cast"
            ) from error
    return pa.table(columns, schema=schema)


def require_no_nulls(table: pa.Table, name: str, what: str) -> None:
    """Check that a column has no null.

    Raises:
        SchemaError: a value is null; the message names the column and counts the nulls.
    """
    nulls = table[name].null_count
    if nulls:
        raise SchemaError(f"{what}.{name}: expected no nulls, found {nulls} in {len(table)} rows")
