{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    The company's own day beside what was to be expected of it, so that a broken shop or a file that
    did not come is not taken for a thousand disloyal customers. A level and a factor of the
    weekday, both medians of the weeks before, which a single odd day does not move; the band is
    what such days have strayed by.

    Customers fall silent one by one, so the share of them that a stage of life loses is told by
    weeks, which have no weekday and enough customers to count; and as trouble shows in it bit by
    bit, what is usual leaves the latest fortnight out, or a slow rise would be its own excuse.
-#}
{#- Weeks that say what is usual; with fewer known there is no band. -#}
{%- set weeks, least_weeks = 8, 6 %}
{#- In standard deviations: one false alarm a metric in six years, were strays Gaussian. -#}
{%- set width = 3.5 %}
{#- Days before the date of the weeks that say what losses are usual. -#}
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

-- A metric of which nothing was ever told is not zero; once it is, a day without any is.
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

strayed as (
    select
        observed.*,
        levels.level * weekdays.factor as expected,
        median(abs(observed.value - levels.level * weekdays.factor)) filter (
            where observed.age_days > 0
        ) over (partition by observed.snapshot_date, observed.metric) as usual_stray
    from observed
    inner join weekdays using (snapshot_date, metric, weekday)
    inner join levels using (snapshot_date, metric)
),

-- A median of absolute strays is 0.6745 standard deviations of a Gaussian. Counts stray at least
-- as a Poisson variable does.
banded as (
    select
        strayed.*,
        greatest(
            strayed.usual_stray / 0.6745,
            case
                when strayed.metric not in ('net_revenue', 'first_response_hours')
                    then sqrt(greatest(strayed.expected, 1))
                else 0
            end
        ) as spread
    from strayed
    inner join usual using (snapshot_date, metric)
    where
        strayed.age_days = 0
        and strayed.value is not null
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

strayed_losses as (
    select
        lost_in_weeks.*,
        expected_losses.expected,
        median(abs(lost_in_weeks.value - expected_losses.expected)) filter (
            where lost_in_weeks.age_days between {{ losses_from }} and {{ losses_to }}
        ) over (partition by lost_in_weeks.snapshot_date, lost_in_weeks.stage) as usual_stray
    from lost_in_weeks
    inner join expected_losses using (snapshot_date, stage)
),

-- A share of customers strays at least as a binomial variable does, one customer at the least.
-- Where few of many are lost the upper tail is long: the band ends two customers further out (the
-- skewness in Cornish and Fisher's expansion, 1938).
banded_losses as (
    select
        *,
        greatest(
            usual_stray / 0.6745,
            sqrt(greatest(expected, 100 / customers) * (100 - expected) / customers)
        ) as spread,
        {{ (width ** 2 - 1) / 6 }} * 100 / customers as skew
    from strayed_losses
    where age_days = 0
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
),

judged as (
    select
        snapshot_date,
        metric,
        segment,
        round(value, 2) as observed,
        round(expected, 2) as expected,
        round(greatest(expected_low, 0), 2) as expected_low,
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
