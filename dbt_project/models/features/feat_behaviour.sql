{#-
    Behaviour between orders, over the 365 days up to each date of the run. A customer without any
    event has no row, so that every column is null downstream: not observed is not zero.
-#}
{%- set counters = [
    'sessions', 'product_views', 'cart_adds', 'checkouts', 'email_opens', 'feature_uses'
] %}
{%- set windowed_days = {
    'active': 'true',
    'email': 'email_opens > 0',
    'feature': 'feature_uses > 0',
    'failure': 'failures > 0',
} %}
with

event_days as (
    select
        identities.customer_no,
        greatest(event_days.known_from, identities.valid_from) as counts_from,
        least(identities.valid_to, event_days.known_to) as counts_to,
        event_days.* exclude (_load_id, source, source_customer_id, known_from, known_to)
    from {{ ref('int_event_days_known') }} as event_days
    inner join {{ ref('int_identity_history') }} as identities
        using (source, source_customer_id)
),

dates as (
    {{ dates_of_batch() }}
),

calendar as (
    select
        dates.snapshot_date,
        dates.snapshot_date - ages.age_days as activity_date,
        ages.age_days,
        {{ window_weight('ages.age_days', 28, 252) }} as window_weight,
        {{ week_weight('ages.age_days') }} as week_weight
    from dates
    cross join (select cast(range as integer) as age_days from range(365)) as ages
),

history as (
    select
        calendar.snapshot_date,
        calendar.age_days,
        calendar.window_weight,
        calendar.week_weight,
        event_days.*
    from event_days
    inner join calendar on event_days.activity_date = calendar.activity_date
    where
        event_days.counts_from <= calendar.snapshot_date
        and calendar.snapshot_date < event_days.counts_to
),

aggregated as (
    select
        customer_no,
        snapshot_date,
        min(age_days) as days_since_last_activity,
        count(case when age_days < 30 then 1 end) as active_days_30d,
        count(case when age_days < 90 then 1 end) as active_days_90d,
        count(case when age_days between 90 and 179 then 1 end) as active_days_prior_90d,
        min(case when sessions > 0 then age_days end) as days_since_last_session,
        {%- for counter in counters %}
        coalesce(sum(case when age_days < 7 then {{ counter }} end), 0) as {{ counter }}_7d,
        coalesce(sum(case when age_days < 30 then {{ counter }} end), 0) as {{ counter }}_30d,
        coalesce(sum(case when age_days < 90 then {{ counter }} end), 0) as {{ counter }}_90d,
        coalesce(sum(case when age_days between 90 and 179 then {{ counter }} end), 0)
            as {{ counter }}_prior_90d,
        {%- endfor %}
        coalesce(sum(unsubscribes), 0) as unsubscribes_365d,
        coalesce(sum(case when age_days < 90 then failures end), 0) as failures_90d,
        cast(coalesce(sum(case when age_days < 90 then unsubscribes end), 0) as integer)
            as unsubscribes_90d,
        cast(max(age_days) as integer) as days_since_first_activity,
        {%- for name, condition in windowed_days.items() %}
        cast(coalesce(sum(case when {{ condition }} then window_weight end), 0) as bigint)
            as {{ name }}_windows,
        {%- endfor %}
        coalesce(sum(week_weight), 0) as active_weeks
    from history
    group by customer_no, snapshot_date
),

compared as (
    select
        *,
        (active_days_90d + 1) / (active_days_prior_90d + 1) as active_days_trend,
        (sessions_90d + 1) / (sessions_prior_90d + 1) as sessions_trend,
        (product_views_90d + 1) / (product_views_prior_90d + 1) as product_views_trend,
        (email_opens_90d + 1) / (email_opens_prior_90d + 1) as email_opens_trend,
        (feature_uses_90d + 1) / (feature_uses_prior_90d + 1) as feature_uses_trend,
        case
            when cart_adds_90d > 0 then {{ at_least('1 - checkouts_90d / cart_adds_90d', 0) }}
        end as cart_abandonment_90d
    from aggregated
),

final as (
    select
        customer_no,
        snapshot_date,
        {{ typed_features('feat_behaviour') }},
        -- Inputs of the warnings, not features of the model.
        unsubscribes_90d,
        days_since_first_activity,
        {%- for name in windowed_days %}
        {{ name }}_windows,
        {%- endfor %}
        active_weeks
    from compared
)

select * from final
