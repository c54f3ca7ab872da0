"""`greatest` and `least` of DuckDB ignore nulls, so each use of them was compared with that rule.

The number of uses in each file is counted. Whoever adds a use decides whether its arguments may be
null: greatest(null, 1) is 1, and an unknown figure becomes a known one. An unknown figure stays
unknown by a `case` around the use. The new count then goes into the list below.
"""

from __future__ import annotations

import re
from pathlib import Path

DBT = Path(__file__).parents[2] / "dbt_project"
USE = re.compile(r"\b(?:greatest|least)\s*\(", re.IGNORECASE)
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
# Ends of validity intervals and of windows, in which a null is an end that has not come; bounds of
# figures that a condition beside them has found to be known; and comparisons of known columns.
REVIEWED = {
    "macros/customers/outcomes.sql": 3,
    "models/actions/action_limits.sql": 1,
    "models/activation/company/company_alarms_daily.sql": 5,
    "models/activation/demand/demand_forecast_daily.sql": 1,
    "models/activation/segments/customer_segments_daily.sql": 3,
    "models/features/feat_behaviour.sql": 3,
    "models/features/feat_contracts.sql": 1,
    "models/features/feat_customer_snapshots.sql": 1,
    "models/features/feat_purchases.sql": 1,
    "models/feedback/demand_performance.sql": 1,
    "models/feedback/prediction_performance.sql": 3,
    "models/intermediate/company/int_company_days.sql": 5,
    "models/intermediate/contracts/int_contracts.sql": 6,
    "models/intermediate/contracts/int_customer_contracts.sql": 1,
    "models/intermediate/entities/int_load_accounts.sql": 1,
    "models/intermediate/events/int_event_days_known.sql": 1,
    "models/intermediate/events/int_events_checked.sql": 2,
    "models/intermediate/identity/int_customer_records.sql": 3,
    "models/intermediate/identity/int_identity_decisions.sql": 3,
    "models/intermediate/identity/int_identity_groups.sql": 3,
    "models/intermediate/identity/int_identity_history.sql": 1,
    "models/intermediate/identity/int_identity_keys.sql": 1,
    "models/intermediate/identity/int_identity_links.sql": 7,
    "models/intermediate/orders/int_customer_purchases.sql": 1,
    "models/intermediate/orders/int_order_days.sql": 5,
    "models/intermediate/orders/int_order_refunds.sql": 12,
    "models/intermediate/orders/int_orphan_order_lines.sql": 1,
    "models/intermediate/orders/int_purchases.sql": 6,
    "models/marts/customers/customer_identities.sql": 1,
    "models/marts/orders/daily_totals.sql": 12,
    "models/marts/retention/customer_cohorts.sql": 6,
    "models/marts/retention/lifecycle_attrition.sql": 7,
    "models/marts/service/complaint_topics_monthly.sql": 1,
    "models/ops/corrections_daily.sql": 2,
    "models/ops/data_quality_daily.sql": 1,
    "models/staging/ravenstack/stg_ravenstack__subscriptions.sql": 1,
    "models/texts/delivered_texts.sql": 1,
    "models/warnings/company/stage_losses.sql": 6,
    "models/warnings/fct_warning_signals.sql": 1,
    "models/warnings/signals_activity_falling.sql": 1,
    "models/warnings/signals_needs_changing.sql": 1,
    "models/warnings/warning_counts.sql": 7,
    "models/warnings/warning_expectations.sql": 5,
    "macros/customers/contract_dates.sql": 5,
    "macros/customers/demand.sql": 1,
    "macros/customers/lifecycle.sql": 1,
    "macros/customers/profiles.sql": 1,
    "macros/customers/value.sql": 1,
    "macros/customers/warnings.sql": 1,
    "macros/entities.sql": 1,
    "macros/entity_checks.sql": 2,
    "macros/identity/names.sql": 1,
    "macros/statistics/chance.sql": 1,
    "tests/generic/attrition_balances.sql": 1,
}


def uses(sql: str) -> int:
    return len(USE.findall(COMMENT.sub("", sql)))


def test_a_use_in_a_comment_is_no_use() -> None:
    assert uses("{# greatest(a, 1) #} select greatest(a, least(b, 2)) -- least(c, 1)") == 2


def test_every_use_of_greatest_and_least_was_compared_with_the_null_rule() -> None:
    found = {
        str(path.relative_to(DBT)): count
        for folder in ("models", "macros", "tests")
        for path in sorted((DBT / folder).rglob("*.sql"))
        if (count := uses(path.read_text(encoding="utf-8")))
    }

    assert found == REVIEWED
