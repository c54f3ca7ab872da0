-- Corrections of earlier days that became known on the day.
select
    sum(row_count)::bigint as corrected,
    min(affected_on) as earliest,
    sum(net_amount_change) as net_amount_change,
    (sum(row_count) filter (not is_within_window))::bigint as too_late
from ops.corrections_daily
where snapshot_date = $day
having count(*) > 0
