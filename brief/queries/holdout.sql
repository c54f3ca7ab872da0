-- Latest check of the model on customers whom it had not seen, with their outcomes.
with

checks as (
    select * from feedback.prediction_performance
    where
        churn_rate_low is null
        and snapshot_date + $horizon <= $day
        and model_version = (
            select max(risks.model_version) from activation.customer_risk_daily as risks
            where risks.snapshot_date = $day
        )
)

select
    snapshot_date,
    customers,
    mean_predicted,
    churn_rate,
    roc_auc,
    -- 0.5 is the order of a coin.
    coalesce(roc_auc < 0.55, false) as is_order_by_chance,
    top_decile_lift,
    top_decile_lift * churn_rate as top_decile_rate,
    calibration_error
from checks
order by snapshot_date desc
limit 1
