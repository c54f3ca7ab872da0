{#- Evidence for reasons of the models in use on any scored date, one row per band of a feature. -#}
with

evidence as (
    select * from {{ source('ml', 'reason_evidence') }}
),

models_in_use as (
    select distinct model_version from {{ source('ml', 'churn_scores') }}
),

final as (
    select
        evidence.model_version,
        evidence.feature,
        evidence.band,
        evidence.lower as lower_bound,
        evidence.upper as upper_bound,
        evidence.category,
        evidence.customers,
        evidence.churn_rate,
        evidence.lift,
        evidence.lift_low,
        evidence.lift_high,
        evidence.is_reason
    from evidence
    inner join models_in_use using (model_version)
)

select * from final
