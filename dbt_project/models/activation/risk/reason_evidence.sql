{{ config(materialized='table') }}

{#-
    Evidence for reasons: churn rate of the holdout's customers whom a reason describes, by bands of
    its feature, compared with other customers with as recent an order.
-#}
with

evidence as (
    select * from {{ ref('stg_ml__reason_evidence') }}
),

catalogue as (
    select * from {{ ref('feature_catalogue') }}
),

final as (
    select
        evidence.model_version,
        evidence.feature,
        cast(evidence.band as integer) as band,
        catalogue.label_{{ var('language') }} as label,
        catalogue.cause,
        evidence.lower_bound,
        evidence.upper_bound,
        evidence.category,
        cast(evidence.customers as integer) as customers,
        evidence.churn_rate,
        evidence.churn_rate / evidence.lift as others_churn_rate,
        evidence.lift,
        evidence.lift_low,
        evidence.lift_high,
        evidence.is_reason
    from evidence
    left join catalogue using (feature)
)

select * from final
