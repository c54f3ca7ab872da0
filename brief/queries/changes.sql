-- Figures of the day, of the day before and of the same weekday a week before.
-- key: figure
with

days as (
    select $day as snapshot_date, 'today' as name
    union all
    select $day - 1, 'yesterday'
    union all
    select $day - 7, 'week_ago'
),

risks as (
    select
        snapshot_date,
        count(*)::double as eligible,
        (count(*) filter (risk_tier = 'high'))::double as high_risk,
        sum(value_at_risk)::double as value_at_risk
    from activation.customer_risk_daily
    where snapshot_date in (select days.snapshot_date from days)
    group by snapshot_date
),

warnings as (
    select snapshot_date, (count(distinct customer_id) filter (is_shown))::double as warned
    from activation.customer_warnings_daily
    where snapshot_date in (select days.snapshot_date from days)
    group by snapshot_date
),

totals as (
    select day as snapshot_date, metric, total::double as total
    from marts.daily_totals
    where day in (select days.snapshot_date from days)
),

figures as (
    select snapshot_date, 1 as position, 'eligible' as figure, 'count' as unit, eligible as value
    from risks
    union all
    select snapshot_date, 2, 'high_risk', 'count', high_risk from risks
    union all
    select snapshot_date, 3, 'value_at_risk', 'money', value_at_risk from risks
    union all
    select snapshot_date, 4, 'expected_churn', 'share', expected_churn_rate
    from activation.churn_outlook_daily
    where snapshot_date in (select days.snapshot_date from days)
    union all
    select snapshot_date, 5, 'warned', 'count', warned from warnings
    union all
    select snapshot_date, 6, 'orders', 'count', total from totals where metric = 'orders'
    union all
    select snapshot_date, 7, 'net_revenue', 'money', total from totals where metric = 'net_revenue'
    union all
    select snapshot_date, 8, 'refunds', 'count', total from totals where metric = 'refunds'
    union all
    select snapshot_date, 9, 'tickets', 'count', total from totals where metric = 'tickets_opened'
),

compared as (
    select
        figures.position,
        figures.figure,
        figures.unit,
        max(figures.value) filter (days.name = 'today') as today,
        max(figures.value) filter (days.name = 'yesterday') as yesterday,
        max(figures.value) filter (days.name = 'week_ago') as week_ago
    from figures
    inner join days using (snapshot_date)
    group by figures.position, figures.figure, figures.unit
)

select
    figure,
    unit,
    today,
    yesterday,
    week_ago,
    today - yesterday as change_since_yesterday,
    today - week_ago as change_since_week
from compared
where today is not null
order by position
