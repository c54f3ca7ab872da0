"""Schemas of the decisions' tables, and checks of incoming tables."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ml.columns import is_text
from ml.schemas import (
    CUSTOMER_ID,
    SNAPSHOT_DATE,
    SchemaError,
    conform,
    require_columns,
    require_no_nulls,
)

ACTION_ID = "action_id"
DRAWS = ("holdout_draw", "exploration_draw", "choice_draw", "control_draw")
# Equal in all rows of a customer; the draw for the control share belongs to customer and action.
CUSTOMER_DRAWS = DRAWS[:3]

# One row per eligible customer and allowed action of one day. All draws are uniform in [0, 1). An
# action that is not proven is given by exploration only.
CANDIDATES = pa.schema(
    [
        (CUSTOMER_ID, pa.string()),
        (ACTION_ID, pa.string()),
        ("expected_uplift", pa.float64()),
        ("expected_net_value", pa.float64()),
        ("expected_cost", pa.float64()),
        *((name, pa.float64()) for name in DRAWS),
        ("is_proven", pa.bool_()),
    ]
)

TREATMENT, CONTROL, GLOBAL_HOLDOUT, NONE = "treatment", "control", "global_holdout", "none"
ARMS = (TREATMENT, CONTROL, GLOBAL_HOLDOUT, NONE)
EXPLOIT, EXPLORE = "exploit", "explore"
COSTS_MORE = "costs_more_than_it_brings"
BUDGET_SPENT = "budget_spent"
CAPACITY_REACHED = "capacity_reached"
EXPLORED_NOTHING = "explored_nothing"
REASONS = (
    CONTROL,
    GLOBAL_HOLDOUT,
    COSTS_MORE,
    BUDGET_SPENT,
    CAPACITY_REACHED,
    EXPLORED_NOTHING,
)

# One row per customer. Action and expectations are null without an action, and the reason is null
# with a treatment.
DECISIONS = pa.schema(
    [
        (CUSTOMER_ID, pa.string()),
        (ACTION_ID, pa.string()),
        ("arm", pa.string()),
        ("mode", pa.string()),
        ("reason", pa.string()),
        ("chosen_with_probability", pa.float64()),
        ("expected_uplift", pa.float64()),
        ("expected_net_value", pa.float64()),
        ("expected_cost", pa.float64()),
    ]
)

# One row per customer and action that the customer can receive, and one with a null action for
# receiving nothing. The probabilities of a customer add up to 1.
ACTION_PROBABILITIES = pa.schema(
    [(CUSTOMER_ID, pa.string()), (ACTION_ID, pa.string()), ("probability", pa.float64())]
)

# One row per limit: the budget has a null action. Use is that of treated customers.
LIMIT_USAGE = pa.schema(
    [
        (ACTION_ID, pa.string()),
        ("available", pa.float64()),
        ("used_by_exploitation", pa.float64()),
        ("used_by_exploration", pa.float64()),
        # Expected net value that one more unit of the limit would bring.
        ("price", pa.float64()),
    ]
)

# One row per logged decision and action that the logging or the valued policy may choose; the
# action is null for doing nothing. The outcome is known only in the row of the received action.
POLICY_ROWS = pa.schema(
    [
        (CUSTOMER_ID, pa.string()),
        (SNAPSHOT_DATE, pa.date32()),
        (ACTION_ID, pa.string()),
        ("logged_probability", pa.float64()),
        ("policy_probability", pa.float64()),
        ("is_received", pa.bool_()),
        ("outcome", pa.float64()),
        # Prediction of a model that has not seen this customer's outcome; null without a model.
        ("expected_outcome", pa.float64()),
    ]
)


def checked(
    table: pa.Table, schema: pa.Schema, what: str, nullable: tuple[str, ...] = ()
) -> pa.Table:
    """Columns of the schema in its order and types, without nulls and with finite numbers only.

    Args:
        table: the table to check; further columns are left out.
        schema: names and types; numbers of other types are cast.
        what: name of the table for messages.
        nullable: columns that may hold nulls.

    Raises:
        SchemaError: a column is missing, has another kind of type, or holds a null, a NaN or an
            infinite number; the message names the column.
    """
    require_columns(table, schema.names, what)
    for field in schema:
        found = table.schema.field(field.name).type
        if is_text(field.type) != is_text(found) and not pa.types.is_null(found):
            raise SchemaError(f"{what}.{field.name}: expected {field.type}, found {found}")
    table = conform(table, schema, what)
    for field in schema:
        if field.name not in nullable:
            require_no_nulls(table, field.name, what)
        if pa.types.is_floating(field.type):
            _require_finite(table[field.name], f"{what}.{field.name}")
    return table


def require_range(table: pa.Table, name: str, low: float, below: float, what: str) -> None:
    """Check that known values of a column lie in [low, below).

    Raises:
        SchemaError: a value is outside; the message names the column and counts the rows.
    """
    column = table[name]
    outside = pc.sum(pc.or_(pc.less(column, low), pc.greater_equal(column, below))).as_py() or 0
    if outside:
        raise SchemaError(
            f"{what}.{name}: expected {low} or more and below {below}, found {outside} rows outside"
        )


def _require_finite(column: pa.ChunkedArray, name: str) -> None:
    wrong = pc.sum(pc.invert(pc.is_finite(column))).as_py() or 0
    if wrong:
        raise SchemaError(f"{name}: expected finite numbers, found {wrong} that are not")
