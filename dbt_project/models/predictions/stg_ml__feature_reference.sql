{#- Distribution of each feature in the training rows, and of the score on the holdout. -#}
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
