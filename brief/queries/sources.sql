-- Deliveries of each source up to the day; rejected rows also as the change since the day before.
-- key: source
with

today as (
    select
        source,
        sum(delivered)::bigint as delivered,
        sum(accepted)::bigint as accepted,
        sum(rejected)::bigint as rejected,
        sum(superseded)::bigint as superseded,
        sum(lost_values)::bigint as lost_values,
        sum(unknown_amounts)::bigint as unknown_amounts,
        sum(suspect_refunds)::bigint as suspect_refunds,
        max(last_delivered_on) as last_delivered_on,
        bool_or(is_stale) as is_stale,
        any_value(stale_reason) as stale_reason
    from ops.data_quality_daily
    where snapshot_date = $day
    group by source
),

before as (
    select source, sum(delivered)::bigint as delivered, sum(rejected)::bigint as rejected
    from ops.data_quality_daily
    where snapshot_date = $day - 1
    group by source
)

select
    today.*,
    today.rejected / nullif(today.delivered, 0) as rejected_share,
    today.delivered - before.delivered as new_delivered,
    today.rejected - before.rejected as new_rejected
from today
left join before using (source)
order by today.is_stale desc, today.source
