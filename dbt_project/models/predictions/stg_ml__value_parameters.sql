{#- Parameters of the model in use on each scored date. -#}
with

parameters as (
    select * from {{ source('ml', 'value_parameters') }}
),

models_in_use as (
    select distinct
        snapshot_date,
        model_version
    from {{ source('ml', 'churn_scores') }}
),

final as (
    select
        models_in_use.snapshot_date,
        parameters.model_version,
        parameters.r,
        parameters.alpha,
        parameters.p,
        parameters.q,
        parameters.gamma,
        parameters.level
    from models_in_use
    inner join parameters using (model_version)
)

select * from final
