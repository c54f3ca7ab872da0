{#- Churn scores; only calibration, activation and feedback may read them. -#}
select
    snapshot_date,
    customer_id,
    model_version,
    churn_probability,
    main_cause,
    reason_feature_1,
    reason_feature_2,
    reason_feature_3,
    value_factor
from {{ source('ml', 'churn_scores') }}
