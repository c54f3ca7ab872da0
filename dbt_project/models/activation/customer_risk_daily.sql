{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#- Who may leave, how likely, worth how much and why: one row an eligible customer and day. -#}
with

scores as (
    select scores.*
    from {{ ref('stg_ml__churn_scores') }} as scores
    semi join (
        select snapshot_date from {{ source('ops', 'run_dates') }}
        where purpose = 'daily'
    ) as dates on scores.snapshot_date = dates.snapshot_date
),

values_at_stake as (
    select * from {{ ref('customer_values_daily') }}
),

features as (
    select * from {{ ref('feat_customer_snapshots') }}
),

ranked as (
    select
        *,
        percent_rank() over (
            partition by snapshot_date order by churn_probability
        ) as risk_percentile
    from scores
),

final as (
    select
        ranked.customer_id,
        ranked.snapshot_date,
        ranked.churn_probability,
        {{ risk_tier('ranked.churn_probability') }} as risk_tier,
        ranked.risk_percentile,
        values_at_stake.expected_value,
        values_at_stake.expected_margin,
        cast(ranked.churn_probability * values_at_stake.expected_value as decimal(18, 2))
            as value_at_risk,
        ranked.main_cause,
        {%- for number in [1, 2, 3] %}
        {{ reason_text('ranked.reason_feature_' ~ number, 'features') }} as reason_{{ number }},
        {%- endfor %}
        ranked.model_version
    from ranked
    inner join features using (customer_id, snapshot_date)
    left join values_at_stake using (customer_id, snapshot_date)
)

select * from final
