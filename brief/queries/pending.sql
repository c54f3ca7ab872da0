-- Actions of the latest quarter whose outcomes are still open.
select
    min(period_start) as period_start,
    max(period_end) as period_end,
    max(period_end) + $horizon as due,
    sum(treated)::bigint as treated,
    sum(control)::bigint as control
from feedback.action_effects
where segment_kind = 'all' and period_kind = 'period' and is_provisional
having count(*) > 0
