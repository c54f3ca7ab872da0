{#- When scored customers may leave, month by month; without contracts there is no row. -#}
select
    snapshot_date,
    customer_id,
    model_version,
    month_ahead,
    hazard,
    survival
from {{ source('ml', 'churn_hazards') }}
