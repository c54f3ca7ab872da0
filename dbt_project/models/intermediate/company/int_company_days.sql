{#-
    Totals of the company for each day that the dates of the run are compared with, with their
    validity intervals. Most of a day is known on it and stays; late deliveries and new versions
    have rows of their own. `parts` is the divisor of an average, null for a sum.
-#}
{%- set seen = 91 %}
with

bounds as (
    select
        min(snapshot_date) - {{ seen }} as first_day,
        max(snapshot_date) as last_day
    from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

order_days as (
    select order_days.*
    from {{ ref('int_order_days') }} as order_days
    cross join bounds
    where
        order_days.is_first_stretch
        and order_days.activity_date > bounds.first_day - {{ var('eligible_days') }}
        and order_days.activity_date <= bounds.last_day
),

-- A customer lapses on the day on which eligible_days have passed since the latest purchase, until
-- a later purchase becomes known. Other rows, such as refunds, do not prevent it.
purchase_days as (
    select
        activity_date,
        known_from,
        known_to,
        activity_date + {{ var('eligible_days') }} as lapses_on,
        lead(activity_date) over of_record as next_date,
        lead(known_from) over of_record as next_known_from
    from order_days
    where orders > 0
    window of_record as (partition by record_no order by activity_date, known_from)
),

lapsing_days as (
    select
        lapses_on,
        greatest(known_from, lapses_on) as known_from,
        case when next_date < lapses_on then least(known_to, next_known_from) else known_to end
            as known_to
    from purchase_days
),

traded as (
    select
        activity_date as day,
        known_from,
        known_to,
        sum(orders) as orders,
        count(*) filter (where orders > 0) as buyers,
        sum(net_amount) as net_revenue,
        sum(refunds) as refunds
    from order_days
    cross join bounds
    where activity_date > bounds.first_day
    group by all
),

lapses as (
    select
        lapses_on as day,
        known_from,
        known_to,
        count(*) as lapsed_customers
    from lapsing_days
    cross join bounds
    where
        lapses_on <= bounds.last_day
        and known_from < known_to
    group by all
),

visited as (
    select
        event_days.activity_date as day,
        greatest(event_days.known_from, event_days.activity_date) as known_from,
        event_days.known_to,
        count(*) as visitors,
        sum(event_days.failures) as failures
    from {{ ref('int_event_days_known') }} as event_days
    cross join bounds
    where
        event_days.activity_date > bounds.first_day
        and event_days.activity_date <= bounds.last_day
    group by all
),

tickets as (
    select
        *,
        cast(opened_at as date) as opened_on,
        cast(first_response_at as date) as answered_on
    from {{ ref('int_tickets_versions') }}
    cross join bounds
    where
        _reject_reason is null
        and known_from < known_to
        and cast(opened_at as date) > bounds.first_day - 30
),

asked as (
    select
        opened_on as day,
        greatest(known_from, opened_on) as known_from,
        known_to,
        count(*) as tickets
    from tickets
    cross join bounds
    where opened_on > bounds.first_day
    group by all
),

answered as (
    select
        answered_on as day,
        greatest(known_from, answered_on) as known_from,
        known_to,
        sum(date_diff('minute', opened_at, first_response_at)) / 60 as first_response_hours,
        count(*) as parts
    from tickets
    cross join bounds
    where answered_on > bounds.first_day
    group by all
),

final as (
    {%- for relation, metrics in {
        'traded': ['orders', 'buyers', 'net_revenue', 'refunds'],
        'lapses': ['lapsed_customers'],
        'visited': ['visitors', 'failures'],
        'asked': ['tickets'],
    }.items() %}
    {%- for metric in metrics %}
    select
        '{{ metric }}' as metric,
        day,
        known_from,
        known_to,
        cast({{ metric }} as double) as total,
        cast(null as bigint) as parts
    from {{ relation }}
    union all
    {%- endfor %}
    {%- endfor %}
    select
        'first_response_hours' as metric,
        day,
        known_from,
        known_to,
        cast(first_response_hours as double) as total,
        parts
    from answered
)

select * from final
