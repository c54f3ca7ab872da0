{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#- What kind of customer each one is: one row a customer known on the day, bought or not. -#}
with

features as (
    select features.*
    from {{ ref('feat_customer_snapshots') }} as features
    semi join (
        select snapshot_date from {{ source('ops', 'run_dates') }}
        where purpose = 'daily'
    ) as dates on features.snapshot_date = dates.snapshot_date
),

rhythm as (
    select * from {{ ref('int_company_rhythm') }}
),

customer_values as (
    select * from {{ ref('customer_values_daily') }}
),

risks as (
    select
        customer_id,
        snapshot_date,
        risk_tier
    from {{ ref('customer_risk_daily') }}
),

-- Quintiles among those who have bought within a year; ties fall together by the customer's id.
scored as (
    select
        customer_id,
        snapshot_date,
        cast(6 - ntile(5) over (
            partition by snapshot_date order by days_since_last_order, customer_id
        ) as integer) as recency_score,
        cast(ntile(5) over (
            partition by snapshot_date order by orders_365d, customer_id
        ) as integer) as frequency_score,
        cast(ntile(5) over (
            partition by snapshot_date order by net_revenue_365d, customer_id
        ) as integer) as monetary_score
    from features
    where orders_365d > 0
),

valued as (
    select
        customer_id,
        snapshot_date,
        percent_rank() over (
            partition by snapshot_date order by expected_value
        ) as value_rank
    from customer_values
    where expected_value > 0
),

final as (
    select
        features.customer_id,
        features.snapshot_date,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        case
            when scored.recency_score is null and features.orders_lifetime > 0 then 'lost'
            else
                {{ rfm_segment(
                    'scored.recency_score', 'scored.frequency_score', 'scored.monetary_score'
                ) }}
        end as rfm_segment,
        {{ lifecycle_stage(
            'features.purchase_days_lifetime',
            'features.paid_contract_days',
            "lower(coalesce(features.contract_plan, features.plan)) = 'trial'",
        ) }} as lifecycle_stage,
        {{ lifecycle_status() }} as lifecycle_status,
        case
            when valued.value_rank >= 0.8 then 'high'
            when valued.value_rank >= 0.4 then 'medium'
            when valued.value_rank is not null then 'low'
        end as value_tier,
        case
            when features.days_since_last_activity is null then null
            when features.active_days_30d = 0 then 'silent'
            when features.checkouts_90d > 0 and features.active_days_trend >= 0.8 then 'regular'
            when features.checkouts_90d > 0 then 'fading'
            else 'browsing'
        end as behaviour_group,
        case
            when features.categories_365d = 1 or features.top_category_share_365d >= 0.75
                then 'single_need'
            when features.categories_365d > 1 then 'several_needs'
        end as need_scenario,
        case
            when coalesce(features.orders_lifetime, 0) = 0 then null
            when features.orders_lifetime <= 2 and features.discounted_share_lifetime = 1
                then 'passer_by'
            when features.discounted_share_lifetime >= 0.6 then 'opportunist'
            when features.orders_lifetime >= 3 then 'core_loyal'
            else 'undecided'
        end as customer_type,
        risks.risk_tier
    from features
    left join rhythm using (snapshot_date)
    left join scored using (customer_id, snapshot_date)
    left join valued using (customer_id, snapshot_date)
    left join risks using (customer_id, snapshot_date)
)

select * from final
