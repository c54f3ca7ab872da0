{#- Hazard and survival of scored customers by month ahead; empty without contracts. -#}
select
    snapshot_date,
    customer_id,
    model_version,
    month_ahead,
    hazard,
    survival
from {{ source('ml', 'churn_hazards') }}
