{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Forecast of the category that each customer buys next and of the date: one row per day and
    eligible customer with a category bought within the year. The category is the one bought on most
    days of the year. The date is its usual gap after the last purchase in it. Without a gap
    there is no evidence of a date, and the date is null. Two naive forecasts of the category stand
    beside it for comparison.
-#}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

identities as (
    {{ ids_by_number() }}
),

features as (
    select
        customer_id,
        snapshot_date,
        days_since_last_order,
        mean_gap_days
    from {{ ref('feat_customer_snapshots') }}
    semi join dates using (snapshot_date)
    where is_eligible
),

demand as (
    select
        identities.customer_id,
        demand.*
    from {{ ref('feat_category_demand') }} as demand
    inner join identities using (customer_no)
    semi join dates on demand.snapshot_date = dates.snapshot_date
),

categories as (
    {{ category_names() }}
),

final as (
    select
        features.customer_id,
        features.snapshot_date,
        usual.category,
        demand.usual_purchase_days as purchase_days_365d,
        demand.snapshot_date - demand.usual_days_since_last as last_bought_on,
        round(demand.usual_gap_days, 6) as usual_gap_days,
        -- A purchase in the category is an order, so its date is no earlier than the next order's.
        demand.snapshot_date + case
            when demand.usual_gap_days is not null
                then greatest(
                    {{ days_to_next('demand.usual_gap_days', 'demand.usual_days_since_last') }},
                    coalesce(
                        {{ days_to_next(
                            'features.mean_gap_days', 'features.days_since_last_order'
                        ) }},
                        1
                    )
                )
        end as expected_on,
        last_bought.category as last_category,
        company.category as company_category,
        demand.snapshot_date
        + {{ days_to_next('features.mean_gap_days', 'features.days_since_last_order') }}
            as next_order_on
    from features
    inner join demand using (customer_id, snapshot_date)
    inner join categories as usual on demand.usual_category_number = usual.category_number
    inner join categories as last_bought
        on demand.last_category_number = last_bought.category_number
    inner join categories as company
        on demand.company_category_number = company.category_number
)

select * from final
