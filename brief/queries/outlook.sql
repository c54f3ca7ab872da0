-- Expected churn rate of the eligible customers, with its 95 % interval.
select
    customers,
    expected_churn_rate,
    churn_rate_low,
    churn_rate_high,
    has_season
from activation.churn_outlook_daily
where snapshot_date = $day
