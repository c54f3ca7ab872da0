-- Customers who entered or left the tier of high risk, or stopped being eligible from it.
-- key: days_before
select
    days_before,
    coalesce(sum(customers) filter (to_segment = 'high' and from_segment != 'high'), 0) as entered,
    coalesce(
        sum(customers) filter (from_segment = 'high' and to_segment in ('medium', 'low')), 0
    ) as recovered,
    coalesce(
        sum(customers) filter (from_segment = 'high' and to_segment not in ('high', 'medium', 'low')), 0
    ) as lost
from activation.segment_movements_daily
where snapshot_date = $day and segmentation = 'risk_tier'
group by days_before
order by days_before
