-- Past days whose outcome is known: the churn rate as it was forecast on the day, and the realised one.
with

matured as (
    select * from feedback.prediction_performance
    where churn_rate_low is not null and snapshot_date + $horizon <= $day
),

latest as (
    select * from matured
    order by snapshot_date desc
    limit 1
)

select
    (select count(*) from matured) as days,
    (select count(*) filter (is_within_interval) from matured) as within,
    latest.snapshot_date,
    latest.mean_predicted,
    latest.churn_rate_low,
    latest.churn_rate_high,
    latest.churn_rate,
    latest.is_within_interval
from latest
