{{ config(materialized='view') }}

{#-
    What a customer is expected to be worth over the next 365 days if they stay, for the dates of
    the run: the rate of orders times their value, each drawn towards the company's own average
    with the weight of one order, so that a single large first order is not a fortune.
    A contract is worth its monthly fee for twelve months. Null where neither is known.
-#}
with

features as (
    select features.*
    from {{ ref('feat_customer_snapshots') }} as features
    semi join (
        select snapshot_date from {{ source('ops', 'run_dates') }}
        where purpose = 'daily'
    ) as dates on features.snapshot_date = dates.snapshot_date
),

company as (
    select
        snapshot_date,
        sum(net_revenue_365d) / nullif(sum(orders_365d), 0) as order_value,
        sum(orders_365d) / nullif(sum(least(days_since_first_order + 1, 365)) filter (
            where orders_365d > 0
        ), 0) as orders_a_day
    from features
    group by all
),

final as (
    select
        features.customer_id,
        features.snapshot_date,
        cast(
            case
                when features.monthly_amount is not null then 12 * features.monthly_amount
                when features.orders_365d is not null
                    then
                        365
                        * (features.orders_365d + 1)
                        / (
                            least(features.days_since_first_order + 1, 365)
                            + 1 / company.orders_a_day
                        )
                        * (features.net_revenue_365d + company.order_value)
                        / (features.orders_365d + 1)
            end as decimal(18, 2)
        ) as expected_value
    from features
    inner join company using (snapshot_date)
)

select * from final
