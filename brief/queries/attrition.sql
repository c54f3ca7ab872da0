-- Attrition of each stage over the latest three complete months, compared with the three before.
-- key: stage
with

months as (
    select distinct
        month,
        dense_rank() over (order by month desc) as age
    from marts.lifecycle_attrition
    where month + interval 1 month <= $day + interval 1 day
),

stages as (
    select
        attrition.stage,
        attrition.stage_no,
        min(months.month) filter (months.age <= 3) as first_month,
        max(months.month) filter (months.age <= 3) as last_month,
        (sum(attrition.entered) filter (months.age <= 3))::bigint as entered,
        (sum(attrition.lost) filter (months.age <= 3))::bigint as lost,
        (sum(attrition.entered) filter (months.age > 3))::bigint as entered_before,
        (sum(attrition.lost) filter (months.age > 3))::bigint as lost_before
    from marts.lifecycle_attrition as attrition
    inner join months on attrition.month = months.month and months.age <= 6
    where attrition.stage in ('first_purchase', 'repeat', 'loyal')
    group by attrition.stage, attrition.stage_no
)

select
    stage,
    first_month,
    last_month,
    entered,
    lost,
    lost / nullif(entered, 0) as rate,
    lost_before / nullif(entered_before, 0) as rate_before
from stages
where entered > 0
order by rate desc, stage_no
