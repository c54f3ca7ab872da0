{#-
    Daily aggregates of events with rows that were deleted in their source: for each day of a source
    record, the remaining sums and their validity interval (known_from <= date < known_to). The
    first row of an aggregate has no sums and ends the validity of the aggregate in int_event_days.
-#}
with

ended_events as (
    select
        events._load_id,
        events._row,
        events.source,
        events.source_customer_id,
        cast(events.occurred_at as date) as activity_date,
        ended_rows.ended_on
    from {{ ref('int_events_checked') }} as events
    inner join {{ source('ops', 'ended_rows') }} as ended_rows
        on
            events._load_id = ended_rows.load_id
            and events._row = ended_rows.row_no
    where events._reject_reason is null
),

-- Read a second time: a CTE kept from the first reading would hold all events, even where none was
-- deleted.
events as (
    select
        *,
        cast(occurred_at as date) as activity_date
    from {{ ref('int_events_checked') }}
    where _reject_reason is null
),

cuts as (
    select distinct
        _load_id,
        source,
        source_customer_id,
        activity_date,
        ended_on
    from ended_events
),

stretches as (
    select
        _load_id,
        source,
        source_customer_id,
        activity_date,
        ended_on as known_from,
        lead(ended_on, 1, date '9999-12-31') over (
            partition by _load_id, source, source_customer_id, activity_date
            order by ended_on
        ) as known_to
    from cuts
),

left_over as (
    select
        events._load_id,
        events.source,
        events.source_customer_id,
        events.activity_date,
        stretches.known_from,
        stretches.known_to,
        {{ folded_events() }}
    from events
    inner join stretches
        on
            events._load_id = stretches._load_id
            and events.source = stretches.source
            and events.source_customer_id = stretches.source_customer_id
            and events.activity_date = stretches.activity_date
    left join ended_events
        on
            events._load_id = ended_events._load_id
            and events._row = ended_events._row
    where coalesce(ended_events.ended_on, date '9999-12-31') > stretches.known_from
    group by all
),

whole as (
    select
        _load_id,
        source,
        source_customer_id,
        activity_date,
        date '0001-01-01' as known_from,
        min(ended_on) as known_to
    from cuts
    group by all
),

final as (
    select * from left_over
    union all by name
    select * from whole
)

select * from final
