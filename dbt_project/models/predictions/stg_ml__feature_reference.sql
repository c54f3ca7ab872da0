{#- Training distribution of each feature, and holdout distribution of the score. -#}
select
    model_version,
    feature,
    bin,
    kind,
    lower as lower_bound,
    upper as upper_bound,
    category,
    share,
    sample_size,
    first_date,
    last_date,
    weight
from {{ source('ml', 'feature_reference') }}
