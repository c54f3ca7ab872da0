-- Share of the customers of each stage who were lost, in each of the last twelve complete months.
-- key: month, stage
select
    month,
    stage,
    entered,
    lost,
    attrition_rate
from marts.lifecycle_attrition
where
    stage in ('first_purchase', 'repeat', 'loyal')
    and entered >= 30
    -- In the first months of a history nobody has been silent for long enough to be lost.
    and month >= (select min(known.month) from marts.lifecycle_attrition as known where known.lost > 0)
    and month + interval 1 month <= $day + interval 1 day
    and month > $day - interval 13 month
order by month, stage_no
