{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Survival of customers under contract to the end of each month ahead, and the fee at risk: one
    row per customer, day and month. Without contracts the table is empty, because a customer who
    may order again any day has no month of churn.
-#}
with

hazards as (
    {{ of_daily_dates(ref('stg_ml__churn_hazards')) }}
),

fees as (
    select
        customer_id,
        snapshot_date,
        monthly_amount
    from {{ ref('feat_customer_snapshots') }}
),

final as (
    select
        hazards.customer_id,
        hazards.snapshot_date,
        hazards.month_ahead,
        hazards.hazard,
        hazards.survival,
        cast(fees.monthly_amount * (1 - hazards.survival) as {{ money_type() }}) as revenue_at_risk,
        hazards.model_version
    from hazards
    left join fees using (customer_id, snapshot_date)
)

select * from final
