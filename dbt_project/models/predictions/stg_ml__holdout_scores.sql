{#- Scores of holdout dates by models trained before those dates. -#}
select
    snapshot_date,
    customer_id,
    model_version,
    churn_probability
from {{ source('ml', 'holdout_scores') }}
