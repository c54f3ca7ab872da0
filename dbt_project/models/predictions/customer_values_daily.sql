{{ config(materialized='view') }}

{#-
    What a customer is expected to be worth over the next 365 days if they stay, for the dates of
    the run. A shop's customer: the rate of purchase days that the own history tells of (BG/NBD)
    times what such a day is worth (Gamma-Gamma), each drawn towards the company's average the more,
    the shorter the history; the same as ml/value/customer_value.py, which fits the parameters. Where trees tell
    more of the eligible, their factor raises or lowers that; they learned it within the horizon,
    and it is taken to hold for the year. A contract is worth its monthly fee for twelve months.
    Null where neither is known.
-#}
with

features as (
    {{ of_daily_dates(ref('feat_customer_snapshots')) }}
),

parameters as (
    select * from {{ ref('stg_ml__value_parameters') }}
),

scores as (
    select
        customer_id,
        snapshot_date,
        value_factor
    from {{ ref('stg_ml__churn_scores') }}
),

company as (
    select
        snapshot_date,
        sum(margin_share_365d * net_revenue_365d)
        / nullif(sum(net_revenue_365d) filter (where margin_share_365d is not null), 0)
            as margin_share
    from features
    group by all
),

expected as (
    select
        features.customer_id,
        features.snapshot_date,
        coalesce(features.margin_share_365d, company.margin_share) as margin_share,
        {{ expected_net_revenue('features', 'parameters', 'scores') }} as net_revenue
    from features
    left join parameters using (snapshot_date)
    left join company using (snapshot_date)
    left join scores using (customer_id, snapshot_date)
),

final as (
    select
        customer_id,
        snapshot_date,
        cast(net_revenue as decimal(18, 2)) as expected_value,
        cast(net_revenue * margin_share as decimal(18, 2)) as expected_margin
    from expected
)

select * from final
