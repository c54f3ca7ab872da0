{#- Expected churn rate of each scored date with its interval, by the model in use. -#}
select
    snapshot_date,
    model_version,
    customers,
    model_rate,
    expected_rate,
    low,
    high,
    log_ratio,
    recent,
    season,
    history_days
from {{ source('ml', 'churn_levels') }}
