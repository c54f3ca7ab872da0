{{ config(materialized='view') }}

{#-
    Expected net revenue and margin of each customer over the next 365 days, given retention, for
    the dates of the run.

    Customers without contracts: expected purchase days (BG/NBD) times expected spend per purchase
    day (Gamma-Gamma), both shrunk towards the company mean. The formulas equal those of
    ml/value/customer_value.py, which fits the parameters. For eligible customers, a factor from
    gradient-boosted trees adjusts the value where the trees improve it. The factor is fitted on the
    horizon and applied to the whole year.

    Customers with contracts: the monthly fee for twelve months. Null where neither is known.
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
