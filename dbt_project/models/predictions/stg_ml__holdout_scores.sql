{#- Scores of past dates by models trained before them. -#}
select
    snapshot_date,
    customer_id,
    model_version,
    churn_probability
from {{ source('ml', 'holdout_scores') }}
