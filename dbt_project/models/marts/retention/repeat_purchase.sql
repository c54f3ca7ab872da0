{#-
    From the first to the second purchase: figures read from the curves of retention_curves, so that
    customers with a short observation count neither as returning nor as never returning.
-#}
{%- set keys = ['dimension', 'group_name'] -%}
with

curves as (
    select * from {{ ref('retention_curves') }}
    where curve = 'second_purchase'
),

buyers as (
    select
        dimension,
        group_name,
        max(at_risk) as first_buyers,
        sum(events) as repeat_buyers
    from curves
    group by dimension, group_name
),

watched as (
    {{ watched_waits('curves', keys) }}
),

facts as (
    select
        dimension,
        group_name,
        max(follow_up_days) as follow_up_days,
        max(never_share) as never_share,
        arg_max(low, days) as never_share_low,
        arg_max(high, days) as never_share_high,
        min(days) filter (share_to_come <= 0.5) as median_days_to_second,
        -- Only where customers waiting on that day were observed for long enough after it.
        min(days) filter (never_share >= 0.9 * survival) as settled_on,
        case
            when settled_on + {{ var('eligible_days') }} <= max(follow_up_days) then settled_on
        end as never_after_days
    from watched
    group by dimension, group_name
),

final as (
    select
        buyers.dimension,
        buyers.group_name,
        cast(buyers.first_buyers as bigint) as first_buyers,
        cast(buyers.repeat_buyers as bigint) as repeat_buyers,
        cast(facts.follow_up_days as integer) as follow_up_days,
        facts.never_share,
        facts.never_share_low,
        facts.never_share_high,
        cast(facts.median_days_to_second as integer) as median_days_to_second,
        cast(facts.never_after_days as integer) as never_after_days
    from buyers
    left join facts using (dimension, group_name)
    order by buyers.dimension, buyers.group_name
)

select * from final
