{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['snapshot_date'],
    )
}}

{#-
    Realised outcomes of segments: one row per day whose horizon has passed, segmentation and
    segment. The customers of the segment on the day are followed for one horizon, as known at its
    end. A day is evaluated once its horizon has passed, and again when it is run again. The unique
    key is a list, so that the publication copies the whole table, because days enter it long after
    they were run.
-#}
{%- set is_contractual = var('churn_kind') == 'contractual' -%}
with

segments as (
    {{ newly_matured(ref('customer_segments_daily')) }}
),

days as (
    select distinct
        snapshot_date,
        snapshot_date + {{ var('horizon_days') }} as matured_on
    from segments
),

identities as (
    {{ ids_by_number() }}
),
{% if is_contractual %}
-- Under contract at the end of the horizon.
followed as (
    select
        days.snapshot_date,
        identities.customer_id,
        cast(null as {{ money_type() }}) as net_revenue
    from {{ ref('int_contracts') }} as contracts
    inner join days
        on contracts.runs_from <= days.matured_on and days.matured_on < contracts.held_to
    inner join identities using (customer_no)
    group by all
),
{% else %}
-- Purchases within the horizon. Their net revenue is after the refunds known at its end.
followed as (
    select
        days.snapshot_date,
        identities.customer_id,
        sum(order_days.net_amount) as net_revenue
    from {{ ref('int_order_days') }} as order_days
    inner join days
        on
            order_days.activity_date > days.snapshot_date
            and order_days.activity_date <= days.matured_on
            and order_days.counts_from <= days.matured_on
            and days.matured_on < order_days.counts_to
    inner join identities using (customer_no)
    group by days.snapshot_date, identities.customer_id
    having sum(order_days.orders) > 0
),
{% endif %}
outcomes as (
    select
        segments.*,
        followed.customer_id is not null as has_stayed,
        followed.net_revenue as next_net_revenue
    from segments
    left join followed using (snapshot_date, customer_id)
),

counted as (
    {%- for segmentation in segmentations() %}
    select
        snapshot_date,
        '{{ segmentation }}' as segmentation,
        coalesce({{ segmentation }}, 'unknown') as segment,
        count(*) as customers,
        count(*) filter (where has_stayed) as stayed,
        sum(next_net_revenue) as next_net_revenue
    from outcomes
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        snapshot_date,
        segmentation,
        segment,
        customers,
        stayed,
        round(stayed / customers, 10) as stayed_share,
        round({{ wilson_bound('stayed', 'customers', -normal_quantile()) }}, 10)
            as stayed_share_low,
        round({{ wilson_bound('stayed', 'customers', normal_quantile()) }}, 10)
            as stayed_share_high,
        {%- if is_contractual %}
        cast(null as {{ money_type() }}) as next_net_revenue
        {%- else %}
        cast(case when stayed = 0 then 0 else next_net_revenue end as {{ money_type() }})
            as next_net_revenue
        {%- endif %}
    from counted
)

select * from final
