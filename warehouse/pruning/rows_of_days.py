"""Tables with rows of past days: which rows are removed with their day, and which stay and why.

A table with a `snapshot_date` that is named nowhere here is a mistake, which a test finds. Removing
the rows does not belong here (`past_days.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from deployment.config import LOOK_BACK_DAYS

_ALL = "true"

# Of the rows of a removed day, those that meet the condition are removed, in this order.
OF_PAST_DAYS: Mapping[str, str] = {
    "ops.snapshot_dates": _ALL,
    "activation.action_reasons_daily": _ALL,
    "activation.customer_moves_daily": _ALL,
    "activation.customer_risk_daily": _ALL,
    "activation.customer_segments_daily": _ALL,
    "activation.customer_survival_monthly": _ALL,
    "activation.customer_warnings_daily": _ALL,
    "activation.demand_forecast_daily": _ALL,
    # feedback.retention_account reads the last one of a customer, quarter and reason.
    "activation.action_exclusions_daily": """
        (customer_id, reason, snapshot_date) not in (
            select (customer_id, reason, max(snapshot_date))
            from activation.action_exclusions_daily
            group by customer_id, reason, date_trunc('quarter', snapshot_date)
        )
    """,
    "ml.churn_hazards": _ALL,
    "ml.churn_scores": _ALL,
    "ml.feature_counts": _ALL,
    "ml.uplift_scores": _ALL,
    # The estimated performance of a model's days needs the scores of its holdout.
    "ml.holdout_scores": "model_version not in (select model_version from ml.churn_scores)",
}
# Rows of dates that are neither a day that is kept nor a date of the latest training or a holdout.
OF_DATES: Mapping[str, str] = {
    # Learners of uplift read the features that an assigned customer had on that day.
    "features.feat_customer_snapshots": f"""
        (snapshot_date, customer_id) not in (
            select (features.snapshot_date, features.customer_id)
            from experiments.action_units as units
            asof inner join features.feat_customer_snapshots as features
                on units.customer_id = features.customer_id
                    and units.assigned_on >= features.snapshot_date
            where units.assigned_on <= features.snapshot_date + {LOOK_BACK_DAYS}
        )
    """,
    "labels.lbl_churn_outcomes": _ALL,
    # A campaign's touch has the cause that was known in the month before it.
    "experiments.customer_causes": f"""
        not exists (
            from experiments.action_touches as touches
            inner join intermediate.int_identity_history as identities
                using (record_no)
            where identities.customer_id = customer_causes.customer_id
                and touches.sent_on >= customer_causes.snapshot_date
                and touches.sent_on < customer_causes.snapshot_date + {LOOK_BACK_DAYS}
        )
    """,
}
# Rows of decided days, which are removed once no rule is valued on them any more.
OF_DECISIONS: Mapping[str, str] = {
    # Assignments and the global hold-out are the evidence of effects.
    "ops.decided_actions": "arm = 'none'",
    "ops.decision_choices": """
        (snapshot_date, choice_no) not in (
            select (snapshot_date, choice_no) from ops.decided_actions where choice_no is not null
        )
    """,
}

_COMPANY = "figures of the company, as many rows a day however many customers it has"
_EVIDENCE = "evidence of effects: as many rows as were decided"
_REPLACED = "replaced by each run"
KEPT: Mapping[str, str] = {
    **{
        f"features.feat_{name}": _REPLACED
        for name in ("behaviour", "category_demand", "contracts", "purchases", "service")
    },
    "actions.action_candidates": _REPLACED,
    "activation.churn_causes_daily": _COMPANY,
    "activation.churn_outlook_daily": _COMPANY,
    "activation.company_alarms_daily": _COMPANY,
    "activation.customer_actions_daily": _EVIDENCE,
    "activation.segment_movements_daily": _COMPANY,
    "feedback.demand_performance": _COMPANY,
    "feedback.drift_daily": _COMPANY,
    "feedback.performance_estimates_daily": _COMPANY,
    "feedback.prediction_performance": _COMPANY,
    "feedback.segment_outcomes": _COMPANY,
    "feedback.warning_performance": _COMPANY,
    "intermediate.int_company_rhythm": _REPLACED,
    "labels.lbl_churn_months": _REPLACED,
    "ml.churn_levels": _COMPANY,
    "ml.performance_estimates": _COMPANY,
    "ops.accepted_drift": "decisions of people",
    "ops.corrections_daily": _COMPANY,
    "ops.data_quality_daily": _COMPANY,
    "ops.decided_days": _COMPANY,
    "ops.handed_over": _EVIDENCE,
    "ops.published_days": _COMPANY,
    "ops.run_dates": _REPLACED,
    "ops.training_dates": _REPLACED,
    "warnings.fct_warning_signals": _REPLACED,
    "warnings.stage_losses": _REPLACED,
}
