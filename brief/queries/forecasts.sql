-- Expected and realised churn rates: the test of the model, the latest past days, and today.
-- key: kind, snapshot_date
with

known as (
    select
        case when churn_rate_low is null then 'test' else 'past' end as kind,
        snapshot_date,
        mean_predicted as expected,
        churn_rate_low as low,
        churn_rate_high as high,
        churn_rate as realised
    from feedback.prediction_performance
    where snapshot_date + $horizon <= $day
    qualify
        row_number() over (
            partition by churn_rate_low is null, snapshot_date order by try_cast(model_version as integer) desc
        ) = 1
    order by snapshot_date desc
    limit 8
),

final as (
    select * from known
    union all
    select 'today', snapshot_date, expected_churn_rate, churn_rate_low, churn_rate_high, null
    from activation.churn_outlook_daily
    where snapshot_date = $day
)

select * from final
order by snapshot_date
