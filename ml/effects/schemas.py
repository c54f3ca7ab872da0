"""Tables that enter and leave `ml.effects`, and checks of those that enter."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ml.schemas import CUSTOMER_ID, LIFECYCLE_STAGE, SchemaError, conform

ACTION_ID = "action_id"
CAUSE = "cause"
TREATMENT = "treatment"
CONTROL = "control"
SEGMENT_KINDS = (LIFECYCLE_STAGE, "customer_type", CAUSE)
# The segment of a row that describes all customers, and of those whose segment is unknown.
ALL = "all"
UNKNOWN = "unknown"
# `period_kind` of a row of one period, and of the row of all matured periods of an action.
PERIOD = "period"
ALL_MATURED = "all_matured"

# One row a customer, action and assignment.
UNITS = pa.schema(
    [
        (CUSTOMER_ID, pa.string()),
        (ACTION_ID, pa.string()),
        ("assigned_on", pa.date32()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        # As assigned, whether or not the action was delivered: intention to treat.
        ("arm", pa.string()),
        # Planned share of treatment; null where the company planned none.
        ("treatment_probability", pa.float64()),
        (LIFECYCLE_STAGE, pa.string()),
        ("customer_type", pa.string()),
        (CAUSE, pa.string()),
        # Whether the horizon after the assignment has passed.
        ("is_mature", pa.bool_()),
        ("is_retained", pa.bool_()),
        # Net revenue within the horizon, and in the period of the same length before.
        ("net_revenue", pa.float64()),
        ("prior_net_revenue", pa.float64()),
        ("prior_orders", pa.int64()),
        # Contact and redemption; zero in the control arm.
        ("cost", pa.float64()),
        ("is_delivered", pa.bool_()),
        ("is_redeemed", pa.bool_()),
    ]
)
NEVER_NULL = (CUSTOMER_ID, ACTION_ID, "assigned_on", "period_start", "period_end", "arm")

# One row an action, segment and period, and an action and segment over all matured periods.
EFFECTS = pa.schema(
    [
        (ACTION_ID, pa.string()),
        ("segment_kind", pa.string()),
        ("segment", pa.string()),
        ("period_kind", pa.string()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("is_provisional", pa.bool_()),
        # Customers assigned, and those of them whose outcome is known.
        ("treated", pa.int64()),
        ("control", pa.int64()),
        ("known_treated", pa.int64()),
        ("known_control", pa.int64()),
        ("delivered_treated", pa.int64()),
        ("redeemed_treated", pa.int64()),
        # Customers left out: matured without a known outcome or amount, or in both arms.
        ("unknown_outcomes", pa.int64()),
        ("unknown_amounts", pa.int64()),
        ("conflicting_arms", pa.int64()),
        # Shares of the known customers; strata are weighted alike in both arms.
        ("retained_treated", pa.float64()),
        ("retained_control", pa.float64()),
        ("uplift", pa.float64()),
        ("uplift_low", pa.float64()),
        ("uplift_high", pa.float64()),
        ("uplift_method", pa.string()),
        ("p_value", pa.float64()),
        ("q_value", pa.float64()),
        # Per customer assigned to the treatment, in the deployment's currency.
        ("revenue_uplift", pa.float64()),
        ("revenue_low", pa.float64()),
        ("revenue_high", pa.float64()),
        ("cost_per_treated", pa.float64()),
        # Of all treated customers whose amounts are known.
        ("net_value", pa.float64()),
        ("net_value_low", pa.float64()),
        ("net_value_high", pa.float64()),
        ("sample_ratio_ok", pa.bool_()),
        ("sample_ratio_p", pa.float64()),
        ("planned_uplift", pa.float64()),
        ("customers_needed", pa.int64()),
        ("verdict", pa.string()),
    ]
)

# Expected share of would-be churned customers whom an action keeps; a null cause is any other.
CATALOGUE_PRIORS = pa.schema(
    [
        (ACTION_ID, pa.string()),
        (CAUSE, pa.string()),
        ("prior_save_share", pa.float64()),
        ("prior_save_share_sd", pa.float64()),
    ]
)

ACTION_PRIORS = pa.schema(
    [
        (ACTION_ID, pa.string()),
        (CAUSE, pa.string()),
        ("prior_save_share", pa.float64()),
        ("prior_save_share_sd", pa.float64()),
        ("save_share", pa.float64()),
        ("save_share_sd", pa.float64()),
        # Probability that the save share is above 0.
        ("probability_of_help", pa.float64()),
        # Customers of known outcome behind the row's own cause, and behind the whole action.
        ("treated", pa.int64()),
        ("control", pa.int64()),
        ("action_treated", pa.int64()),
        ("action_control", pa.int64()),
    ]
)


def check_units(units: pa.Table) -> pa.Table:
    """Columns of `UNITS` in their types; other columns are dropped.

    Raises:
        SchemaError: a column is missing or of another type, a key is null, an arm is neither
            treatment nor control, or a planned share is no probability.
    """
    checked = conform(units, UNITS, "units")
    for name in NEVER_NULL:
        if checked[name].null_count:
            raise SchemaError(f"units.{name}: expected no nulls, found {checked[name].null_count}")
    arms = pc.is_in(checked["arm"], value_set=pa.array([TREATMENT, CONTROL]))
    if not pc.all(arms, min_count=0).as_py():
        raise SchemaError(f"units.arm: expected {TREATMENT} or {CONTROL}, found another value")
    planned = checked["treatment_probability"]
    outside = pc.or_(pc.less(planned, 0.0), pc.greater(planned, 1.0))
    if pc.any(pc.fill_null(outside, False), min_count=0).as_py():
        raise SchemaError("units.treatment_probability: expected 0 to 1, found another value")
    return checked
