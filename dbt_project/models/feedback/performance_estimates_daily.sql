{#-
    Estimated performance of each scored day, with the realised figures once its horizon has passed.
    A table with one row per day and model, so that realised figures are added to past days.
-#}
with

estimates as (
    select * from {{ ref('stg_ml__performance_estimates') }}
),

performance as (
    select * from {{ ref('prediction_performance') }}
),

final as (
    select
        estimates.snapshot_date,
        estimates.model_version,
        estimates.reference_date,
        estimates.customers,
        estimates.estimated_roc_auc,
        estimates.estimated_roc_auc_low,
        estimates.estimated_roc_auc_high,
        performance.roc_auc as realised_roc_auc,
        estimates.estimated_log_loss,
        estimates.estimated_log_loss_low,
        estimates.estimated_log_loss_high,
        performance.log_loss as realised_log_loss,
        estimates.estimated_brier,
        performance.brier as realised_brier,
        estimates.estimated_calibration_error,
        performance.calibration_error as realised_calibration_error,
        estimates.estimated_churn_rate,
        performance.churn_rate as realised_churn_rate,
        estimates.effective_reference_customers,
        estimates.outside_reference_share
    from estimates
    left join performance using (snapshot_date, model_version)
)

select * from final
