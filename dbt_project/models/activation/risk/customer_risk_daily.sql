{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#- Churn risk of each eligible customer on each day: probability, value at risk and reasons. -#}
with

scores as (
    {{ of_daily_dates(ref('stg_ml__churn_scores')) }}
),

values_at_stake as (
    select * from {{ ref('customer_values_daily') }}
),

features as (
    select * from {{ ref('feat_customer_snapshots') }}
),

causes as (
    select * from {{ ref('customer_causes') }}
),

ranked as (
    select
        *,
        percent_rank() over (
            partition by snapshot_date order by churn_probability
        ) as risk_percentile
    from scores
),

reasons as (
    {{ reasons_of('scores', 'features', with_figures=true) }}
),

explained as (
    select
        ranked.*,
        reasons.reasons,
        reasons.figures
    from ranked
    inner join reasons using (customer_id, snapshot_date)
),

final as (
    select
        explained.customer_id,
        explained.snapshot_date,
        explained.churn_probability,
        {{ risk_tier('explained.churn_probability') }} as risk_tier,
        explained.risk_percentile,
        values_at_stake.expected_value,
        values_at_stake.expected_margin,
        cast(explained.churn_probability * values_at_stake.expected_value as {{ money_type() }})
            as value_at_risk,
        -- What the customer said or experienced, before what the model's contributions suggest.
        coalesce(causes.cause, explained.main_cause) as main_cause,
        coalesce(explained.reasons[1], {{ no_reason_text() }}) as reason_1,
        explained.reasons[2] as reason_2,
        explained.reasons[3] as reason_3,
        '{' || array_to_string(explained.figures, ', ') || '}' as reason_figures,
        explained.model_version
    from explained
    left join values_at_stake using (customer_id, snapshot_date)
    left join causes using (customer_id, snapshot_date)
)

select * from final
