{#- Counts of eligible customers per scored date, by the bins of the model in use. -#}
select
    snapshot_date,
    model_version,
    feature,
    bin,
    customers,
    earlier_date,
    earlier_customers
from {{ source('ml', 'feature_counts') }}
