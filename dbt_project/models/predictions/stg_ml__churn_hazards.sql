{#- Predicted monthly churn hazards of scored customers; no rows without contracts. -#}
select
    snapshot_date,
    customer_id,
    model_version,
    month_ahead,
    hazard,
    survival
from {{ source('ml', 'churn_hazards') }}
