{{ config(materialized='view') }}

{#-
    Expected value of each customer over the next 365 days if the customer stays, for the dates of
    the run. A buyer: the rate of purchase days (BG/NBD) times the value of such a day
    (Gamma-Gamma), both shrunk towards the company's mean the more, the shorter the history; the
    same formula as ml/value/value.py, which fits the parameters. Where gradient-boosted trees
    predict better for eligible customers, their factor multiplies the value; it was learned within
    the horizon and is assumed to hold for the year. A contract: its monthly fee for twelve months.
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
        cast(net_revenue as {{ money_type() }}) as expected_value,
        cast(net_revenue * margin_share as {{ money_type() }}) as expected_margin
    from expected
)

select * from final
