{#-
    Daily event aggregates after soft deletions in the source. Each day of a source record with
    deleted events has its remaining sums by validity interval (known_from <= date < known_to). The
    first row of an aggregate has no sums. Until the end of that interval the full aggregate of
    int_event_days counts.
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

-- A second scan of the events. A materialised CTE would hold all events, even without deletions.
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
