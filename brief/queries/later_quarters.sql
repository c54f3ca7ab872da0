-- Quarters since the latest one with known outcomes: open actions, and when their last outcome is known.
-- key: period_start
with

effects as (
    select
        effects.period_start,
        effects.treated,
        effects.control,
        -- On a page of a past day, a quarter is open until all of its outcomes are known.
        effects.is_provisional
        or ($day < publication.as_of_date and effects.period_end + $horizon > $day) as is_open
    from feedback.action_effects as effects
    cross join ops.publication as publication
    where
        effects.segment_kind = 'all'
        and effects.period_kind = 'period'
        and effects.period_start <= $day
),

quarters as (
    select unnest(generate_series(
        coalesce(max(period_start) filter (not is_open), min(period_start))::timestamp,
        $day::timestamp,
        interval 3 month
    ))::date as period_start
    from effects
)

select
    quarters.period_start,
    (quarters.period_start + interval 3 month)::date - 1 as period_end,
    (quarters.period_start + interval 3 month)::date - 1 + $horizon as due,
    coalesce(sum(effects.treated) filter (effects.is_open), 0)::bigint as treated,
    coalesce(sum(effects.control) filter (effects.is_open), 0)::bigint as control
from quarters
left join effects using (period_start)
where quarters.period_start > $day - interval 1 year
group by quarters.period_start
having count(effects.treated) = 0 or sum(effects.treated) filter (effects.is_open) > 0
order by quarters.period_start
