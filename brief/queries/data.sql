-- Sources of the day, stale ones among them, and rows that could not be used.
select
    count(distinct source) as sources,
    count(distinct source) filter (is_stale) as stale,
    sum(delivered)::bigint as delivered,
    sum(rejected)::bigint as rejected,
    sum(rejected) / nullif(sum(delivered), 0) as rejected_share,
    sum(lost_values)::bigint as lost_values,
    sum(unknown_amounts)::bigint as unknown_amounts,
    sum(suspect_refunds)::bigint as suspect_refunds
from ops.data_quality_daily
where snapshot_date = $day
