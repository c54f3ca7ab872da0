"""Contract with BI: the promised columns exist, are described, typed and tested."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from deployment.project import ROOT

# Columns that consumers may rely on. A table may have more columns; it may not lack one.
CONTRACT = {
    "marts.dim_customers": """customer_id first_seen_at first_order_at last_order_at country
        acquisition_channel plan marketing_consent has_email has_phone source_count order_count
        net_revenue lifecycle_stage""",
    "marts.customer_identities": "customer_id source source_customer_id matched_by linked_at",
    "marts.fct_orders": """order_id customer_id source ordered_at status currency gross_amount
        discount_amount net_amount coupon_code is_first_order""",
    "marts.fct_tickets": """ticket_id customer_id opened_at first_response_minutes
        resolution_minutes topic priority csat_score sentiment""",
    "marts.lifecycle_attrition": "month stage entered advanced stayed lost attrition_rate",
    "marts.customer_cohorts": """cohort_month months_since customers active_customers
        retention_rate net_revenue margin""",
    "marts.retention_curves": """curve dimension group_name days at_risk events censored survival
        low high""",
    "marts.repeat_purchase": """dimension group_name first_buyers repeat_buyers never_share
        median_days_to_second never_after_days""",
    "activation.customer_risk_daily": """customer_id snapshot_date churn_probability risk_tier
        risk_percentile expected_value value_at_risk main_cause reason_1 reason_2 reason_3
        model_version""",
    "activation.customer_segments_daily": """customer_id snapshot_date recency_score
        frequency_score monetary_score rfm_segment lifecycle_stage lifecycle_status value_tier
        behaviour_group need_scenario customer_type risk_tier""",
    "activation.customer_survival_monthly": """customer_id snapshot_date month_ahead hazard survival
        revenue_at_risk model_version""",
    "activation.segment_movements_daily": """snapshot_date days_before segmentation from_segment
        to_segment customers net_revenue""",
    "activation.customer_moves_daily": """customer_id snapshot_date segmentation from_segment
        to_segment net_revenue_365d""",
    "activation.company_alarms_daily": """snapshot_date metric segment observed expected
        expected_low expected_high is_alarm is_bad evidence""",
    "activation.churn_outlook_daily": """snapshot_date model_version customers expected_churn_rate
        churn_rate_low churn_rate_high model_churn_rate return_factor history_days""",
    "activation.churn_causes_daily": """snapshot_date segmentation segment cause customers
        value_at_risk share_of_value_at_risk influence influenceable_value""",
    "activation.customer_warnings_daily": """customer_id snapshot_date axis signal severity observed
        expected evidence is_shown is_new""",
    "activation.customer_actions_daily": """customer_id snapshot_date action_id arm
        chosen_with_probability channel cause expected_uplift expected_net_value expires_on why""",
    "activation.action_reasons_daily": """customer_id snapshot_date language reason_1 reason_2
        reason_3 answer""",
    "activation.catalogue_labels": "kind name language label",
    "activation.action_exclusions_daily": """customer_id snapshot_date reason action_id
        churn_probability value_at_risk""",
    "feedback.action_effects": """action_id segment period_start treated control retained_treated
        retained_control uplift uplift_low uplift_high net_value sample_ratio_ok""",
    "feedback.retention_account": """period_start action_id customers_kept customers_kept_low
        customers_kept_high money_brought money_spent money_not_wasted net_value""",
    "feedback.prediction_performance": """snapshot_date model_version customers churn_rate
        mean_predicted roc_auc pr_auc brier calibration_error top_decile_lift""",
    "feedback.drift_daily": """snapshot_date model_version feature psi null_share
        reference_null_share customers level""",
    "marts.daily_totals": """day metric first_told total corrections corrected_on closes_on
        is_closed""",
    "ops.data_quality_daily": """snapshot_date source table_name delivered accepted rejected
        superseded last_delivered_on is_stale stale_reason""",
    "ops.published_days": "snapshot_date is_published stale_sources",
    "ops.corrections_daily": """snapshot_date source table_name kind affected_on row_count
        net_amount_change is_within_window""",
}


def published(models: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        f"{node['schema']}.{name}": node
        for name, node in models.items()
        if node["config"]["meta"].get("published")
    }


@pytest.mark.parametrize("table", CONTRACT)
def test_the_columns_that_consumers_rely_on_are_published(
    models: dict[str, dict[str, Any]], table: str
) -> None:
    columns = published(models)[table]["columns"]
    assert set(CONTRACT[table].split()) <= set(columns)


def test_every_published_table_has_an_enforced_contract(models: dict[str, dict[str, Any]]) -> None:
    loose = [n for n, node in published(models).items() if not node["contract"]["enforced"]]
    assert loose == []


def test_every_published_column_has_a_description_and_a_type(
    models: dict[str, dict[str, Any]],
) -> None:
    bare = [
        f"{table}.{column['name']}"
        for table, node in published(models).items()
        for column in node["columns"].values()
        if not column["description"] or not column["data_type"]
    ]
    assert bare == []


def test_every_published_table_is_in_an_exposure_with_an_owner(
    manifest: dict[str, Any], models: dict[str, dict[str, Any]]
) -> None:
    exposed = {
        parent
        for exposure in manifest["exposures"].values()
        if exposure["owner"]["email"]
        for parent in exposure["depends_on"]["nodes"]
    }
    hidden = [n for n, node in published(models).items() if node["unique_id"] not in exposed]
    assert hidden == []


def test_every_published_table_has_a_grain_and_a_test_of_it(
    manifest: dict[str, Any], models: dict[str, dict[str, Any]]
) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node["test_metadata"]["name"] in ("unique", "primary_key", "nothing_is_lost")
    }
    for table, node in published(models).items():
        assert node["config"]["meta"]["grain"], table
        assert node["unique_id"] in tested, table


def test_the_reasons_for_no_action_are_in_the_guide() -> None:
    path = ROOT / "dbt_project/models/activation/actions/action_exclusions_daily.yml"
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    (column,) = [each for each in model["columns"] if each["name"] == "reason"]
    (test,) = column["data_tests"]
    page = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    part = page.split("### Reasons for no action")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
    reasons = set(test["accepted_values"]["arguments"]["values"])
    assert sorted(documented) == sorted(reasons)
    # The brief gathers them in groups; what it does not name does not pay.
    query = (ROOT / "brief" / "queries" / "reach.sql").read_text(encoding="utf-8")
    named = set(re.findall(r"'(\w+)'", query)) & reasons
    assert reasons - named == {"value_unknown", "sure_to_stay", "costs_more_than_it_brings"}
