{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Figures of the company on each day, compared with the figures expected from the weeks before. A
    broken shop or a missing file then shows as a company alarm and not as churn of many customers.
    The expected figure is a level times a factor of the weekday. Both are medians of the weeks
    before, which a single unusual day does not move. The band comes from past deviations.

    The churn percentage of a lifecycle stage covers seven days: weeks have no weekday effect and
    enough customers to count. Its expected value leaves out the latest fortnight, because a slow
    rise would otherwise raise its own expectation.

    The churn rate is that of the customers of one horizon ago, compared with the interval that was
    published then.
-#}
{#- Weeks of history for the expected figure; with fewer known weeks there is no band. -#}
{%- set weeks, least_weeks = 8, 6 %}
{#-
    Width in standard deviations: one false alarm a metric in six years if deviations were Gaussian.
-#}
{%- set width = 3.5 %}
{#- Days before the date that begin and end the history of the churn percentage. -#}
{%- set losses_from, losses_to = 14, 49 %}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

totals as (
    select
        dates.snapshot_date,
        days.metric,
        days.day,
        sum(days.total) as total,
        sum(days.parts) as parts
    from {{ ref('int_company_days') }} as days
    inner join dates
        on
            days.day <= dates.snapshot_date
            and days.known_from <= dates.snapshot_date
            and dates.snapshot_date < days.known_to
    group by all
),

-- A metric without any row so far is unknown and not zero. After its first row, a day without rows
-- is zero.
metrics as (
    select
        snapshot_date,
        metric,
        min(day) as first_day,
        count(parts) > 0 as is_average
    from totals
    group by snapshot_date, metric
),

calendar as (
    select
        metrics.snapshot_date,
        metrics.metric,
        metrics.is_average,
        metrics.snapshot_date - ages.age_days as day,
        ages.age_days
    from metrics
    cross join (
        select cast(range as integer) as age_days from range({{ 7 * weeks + 1 }})
    ) as ages
    where metrics.snapshot_date - ages.age_days >= metrics.first_day
),

observed as (
    select
        calendar.snapshot_date,
        calendar.metric,
        calendar.is_average,
        calendar.age_days,
        calendar.age_days % 7 as weekday,
        case
            when calendar.is_average then totals.total / totals.parts
            else coalesce(totals.total, 0)
        end as value
    from calendar
    left join totals using (snapshot_date, metric, day)
),

usual as (
    select
        snapshot_date,
        metric,
        median(value) as usual_value,
        count(value) as known_days
    from observed
    where age_days > 0
    group by snapshot_date, metric
),

weekdays as (
    select
        observed.snapshot_date,
        observed.metric,
        observed.weekday,
        coalesce(median(observed.value) / nullif(any_value(usual.usual_value), 0), 1) as factor
    from observed
    inner join usual using (snapshot_date, metric)
    where observed.age_days > 0
    group by observed.snapshot_date, observed.metric, observed.weekday
),

levels as (
    select
        observed.snapshot_date,
        observed.metric,
        median(observed.value / nullif(weekdays.factor, 0)) as level
    from observed
    inner join weekdays using (snapshot_date, metric, weekday)
    where observed.age_days between 1 and 28
    group by observed.snapshot_date, observed.metric
),

deviations as (
    select
        observed.*,
        levels.level * weekdays.factor as expected,
        median(abs(observed.value - levels.level * weekdays.factor)) filter (
            where observed.age_days > 0
        ) over (partition by observed.snapshot_date, observed.metric) as usual_deviation
    from observed
    inner join weekdays using (snapshot_date, metric, weekday)
    inner join levels using (snapshot_date, metric)
),

-- The median absolute deviation is 0.6745 standard deviations of a Gaussian. Counts deviate at
-- least as a Poisson variable does.
banded as (
    select
        deviations.*,
        greatest(
            deviations.usual_deviation / 0.6745,
            case
                when deviations.metric not in ('net_revenue', 'first_response_hours')
                    then sqrt({{ at_least('deviations.expected', 1) }})
                else 0
            end
        ) as spread
    from deviations
    inner join usual using (snapshot_date, metric)
    where
        deviations.age_days = 0
        and deviations.value is not null
        and usual.known_days >= {{ 7 * least_weeks }}
),

lost_in_weeks as (
    select
        snapshot_date,
        stage,
        snapshot_date - day as age_days,
        sum(customers) over of_week / 7 as customers,
        100 * sum(lost) over of_week / (sum(customers) over of_week / 7) as value
    from {{ ref('stage_losses') }}
    window of_week as (
        partition by snapshot_date, stage order by day
        range between interval 6 days preceding and current row
    )
),

expected_losses as (
    select
        snapshot_date,
        stage,
        median(value) as expected
    from lost_in_weeks
    where age_days between {{ losses_from }} and {{ losses_to }}
    group by snapshot_date, stage
    having count(*) >= {{ 7 * least_weeks - losses_from }}
),

loss_deviations as (
    select
        lost_in_weeks.*,
        expected_losses.expected,
        median(abs(lost_in_weeks.value - expected_losses.expected)) filter (
            where lost_in_weeks.age_days between {{ losses_from }} and {{ losses_to }}
        ) over (partition by lost_in_weeks.snapshot_date, lost_in_weeks.stage) as usual_deviation
    from lost_in_weeks
    inner join expected_losses using (snapshot_date, stage)
),

-- A share of customers deviates at least as a binomial variable does, and by one customer at least.
banded_losses as (
    select
        *,
        greatest(
            usual_deviation / 0.6745,
            sqrt(greatest(expected, 100 / customers) * (100 - expected) / customers)
        ) as spread,
        {{ (width ** 2 - 1) / 6 }} * 100 / customers as skew
    from loss_deviations
    where age_days = 0
),

-- Realised churn rate of the customers of one horizon ago, and the forecast of that day.
forecasts as (
    select
        dates.snapshot_date,
        levels.expected_rate,
        levels.low,
        levels.high,
        avg(cast(outcomes.churned as integer)) as churn_rate
    from {{ ref('stg_ml__churn_levels') }} as levels
    inner join dates on dates.snapshot_date - {{ var('horizon_days') }} = levels.snapshot_date
    inner join {{ ref('lbl_churn_outcomes') }} as outcomes
        on levels.snapshot_date = outcomes.snapshot_date
    group by all
),

bands as (
    select
        snapshot_date,
        metric,
        'all' as segment,
        value,
        expected,
        expected - {{ width }} * spread as expected_low,
        expected + {{ width }} * spread as expected_high
    from banded
    union all
    select
        snapshot_date,
        'churn_percent' as metric,
        stage as segment,
        value,
        expected,
        expected - {{ width }} * spread as expected_low,
        expected + {{ width }} * spread + skew as expected_high
    from banded_losses
    union all
    select
        snapshot_date,
        'churn_rate_percent' as metric,
        'all' as segment,
        100 * churn_rate as value,
        100 * expected_rate as expected,
        100 * low as expected_low,
        100 * high as expected_high
    from forecasts
),

judged as (
    select
        snapshot_date,
        metric,
        segment,
        round(value, 2) as observed,
        round(expected, 2) as expected,
        round({{ at_least('expected_low', 0) }}, 2) as expected_low,
        round(expected_high, 2) as expected_high
    from bands
),

final as (
    select
        judged.snapshot_date,
        judged.metric,
        judged.segment,
        judged.observed,
        judged.expected,
        judged.expected_low,
        judged.expected_high,
        judged.observed < judged.expected_low
        or judged.observed > judged.expected_high as is_alarm,
        case
            when judged.observed < judged.expected_low then catalogue.bad_direction < 0
            when judged.observed > judged.expected_high then catalogue.bad_direction > 0
            else false
        end as is_bad,
        {{ alarm_text('judged.metric', 'judged.segment', 'judged') }} as evidence
    from judged
    inner join {{ ref('alarm_catalogue') }} as catalogue using (metric, segment)
)

select * from final
