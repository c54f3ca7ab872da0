{#- The distribution of each feature where a model was trained, and of its score on its holdout. -#}
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
