-- Watched figures of the day, and those outside their usual bounds.
select
    count(*) as watched,
    count(*) filter (is_alarm) as alarms,
    count(*) filter (is_bad) as bad
from activation.company_alarms_daily
where snapshot_date = $day
