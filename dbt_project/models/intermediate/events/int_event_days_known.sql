{{ config(materialized='view') }}

{#-
    Daily aggregates of events with their validity interval (known_from <= date < known_to): until
    their load is replaced by a corrected file, and without events deleted in their source. Where
    past dates are rebuilt, an event counts from its own day, whenever it was delivered.
-#}
with

event_days as (
    select * from {{ ref('int_event_days') }}
),

replaced_loads as (
    select
        load_id,
        superseded_on
    from {{ source('ops', 'load_ledger') }}
    where superseded_on is not null
),

ended_event_days as (
    select * from {{ ref('int_ended_event_days') }}
),

stretches as (
    select
        event_days.*{% if is_rebuild() == 'true' %} replace (date '0001-01-01' as known_from){% endif %},
        coalesce(ended_event_days.known_to, date '9999-12-31') as known_to
    from event_days
    left join ended_event_days
        on
            event_days._load_id = ended_event_days._load_id
            and event_days.source = ended_event_days.source
            and event_days.source_customer_id = ended_event_days.source_customer_id
            and event_days.activity_date = ended_event_days.activity_date
            and ended_event_days.events is null
    union all by name
    select * from ended_event_days
    where events is not null
),

final as (
    select
        stretches.* exclude (known_to),
        least(stretches.known_to, replaced_loads.superseded_on) as known_to
    from stretches
    left join replaced_loads on stretches._load_id = replaced_loads.load_id
)

select * from final
