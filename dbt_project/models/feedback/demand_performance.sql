{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['snapshot_date'],
    )
}}

{#-
    Backtest of the forecasts of the next category, compared with naive forecasts: one row per day
    whose horizon has passed. A forecast is compared with the customer's first order within the
    horizon, as known at its end.
-#}
with

forecasts as (
    {{ newly_matured(ref('demand_forecast_daily')) }}
),

days as (
    select
        snapshot_date,
        snapshot_date + {{ var('horizon_days') }} as matured_on,
        avg(usual_gap_days) as mean_gap_days
    from forecasts
    group by snapshot_date
),

identities as (
    {{ ids_by_number() }}
),

purchases as (
    select
        days.snapshot_date,
        identities.customer_id,
        order_days.activity_date,
        order_days.category_numbers
    from {{ ref('int_order_days') }} as order_days
    inner join days
        on
            order_days.activity_date > days.snapshot_date
            and order_days.activity_date <= days.matured_on
            and order_days.counts_from <= days.matured_on
            and days.matured_on < order_days.counts_to
    inner join identities using (customer_no)
    where len(order_days.category_numbers) > 0
),

first_days as (
    select
        snapshot_date,
        customer_id,
        min(activity_date) as bought_on
    from purchases
    group by all
),

first_orders as (
    select
        purchases.snapshot_date,
        purchases.customer_id,
        flatten(list(purchases.category_numbers)) as category_numbers
    from purchases
    inner join first_days
        on
            purchases.snapshot_date = first_days.snapshot_date
            and purchases.customer_id = first_days.customer_id
            and purchases.activity_date = first_days.bought_on
    group by all
),

returns_to_category as (
    select
        forecasts.snapshot_date,
        forecasts.customer_id,
        min(purchases.activity_date) as bought_on
    from forecasts
    inner join purchases using (snapshot_date, customer_id)
    where list_contains(purchases.category_numbers, {{ category_number('forecasts.category') }})
    group by all
),

judged as (
    select
        forecasts.snapshot_date,
        first_orders.customer_id is not null as has_bought,
        cast(list_contains(
            first_orders.category_numbers, {{ category_number('forecasts.category') }}
        ) as integer) as is_hit,
        cast(list_contains(
            first_orders.category_numbers, {{ category_number('forecasts.last_category') }}
        ) as integer) as is_last_category_hit,
        cast(list_contains(
            first_orders.category_numbers, {{ category_number('forecasts.company_category') }}
        ) as integer) as is_company_category_hit,
        abs(returns_to_category.bought_on - forecasts.expected_on) as error_days,
        case
            when forecasts.expected_on is not null
                then
                    abs(
                        returns_to_category.bought_on - greatest(
                            forecasts.last_bought_on
                            + cast(round(days.mean_gap_days) as integer),
                            forecasts.snapshot_date + 1
                        )
                    )
        end as guess_error_days
    from forecasts
    inner join days using (snapshot_date)
    left join first_orders using (snapshot_date, customer_id)
    left join returns_to_category using (snapshot_date, customer_id)
),

final as (
    select
        snapshot_date,
        count(*) as forecasts,
        count(*) filter (where has_bought) as customers_who_bought,
        round(avg(is_hit), 10) as category_hit_rate,
        round(avg(is_last_category_hit), 10) as last_category_hit_rate,
        round(avg(is_company_category_hit), 10) as company_category_hit_rate,
        count(error_days) as dated,
        median(error_days) as median_error_days,
        median(guess_error_days) as guess_median_error_days
    from judged
    group by snapshot_date
)

select * from final
