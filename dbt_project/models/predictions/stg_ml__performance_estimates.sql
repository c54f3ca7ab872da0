{#- Metrics that the scores of a date are expected to reach, before the outcomes are known. -#}
select
    snapshot_date,
    model_version,
    reference_date,
    customers,
    estimated_roc_auc,
    estimated_roc_auc_low,
    estimated_roc_auc_high,
    estimated_log_loss,
    estimated_log_loss_low,
    estimated_log_loss_high,
    estimated_brier,
    estimated_calibration_error,
    estimated_churn_rate,
    effective_reference_customers,
    outside_reference_share
from {{ source('ml', 'performance_estimates') }}
