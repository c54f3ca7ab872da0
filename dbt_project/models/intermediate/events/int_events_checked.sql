{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        pre_hook='alter table if exists {{ this }} add column if not exists _lost_fields varchar[]',
    )
}}

{#-
    Events of each load, appended without changing earlier rows: the first delivery of an event
    counts, and a repeat is rejected unless the earlier event had been deleted. Events of replaced
    loads and deleted events stay here too; the ledger and ops.ended_rows give the day from which
    they no longer count.
-#}
with

loads as (
    select
        load_id,
        coalesce(known_from, date '0001-01-01') as known_from,
        coalesce(superseded_on, date '9999-12-31') as superseded_on,
        {{ recorded_before() }} as recorded_before
    from {{ source('ops', 'load_ledger') }}
),

ended_rows as (
    select
        load_id,
        row_no,
        ended_on
    from {{ source('ops', 'ended_rows') }}
),

delivered as (
    select * from {{ ref('int_events_unioned') }}
    {%- if is_incremental() %}
    where _load_id > {{ newest_built() }}
    {%- endif %}
),

checked as (
    {{
        checked_rows(
            'events',
            required=['source_customer_id', 'occurred_at', 'event_type'],
            reject_when={},
            reason_name='_reject_reason',
        )
    }}
),

repeated_keys as (
    select
        source,
        source_event_id
    from checked
    where source_event_id is not null and _reject_reason is null
    group by all
    having count(*) > 1
),

{% if is_incremental() -%}
known_keys as (
    -- A repeat has the same moment, so only known events since the earliest new one are read.
    select
        known.source,
        known.source_event_id,
        max(least(loads.superseded_on, coalesce(ended_rows.ended_on, date '9999-12-31')))
            as counted_to
    from {{ this }} as known
    inner join loads on known._load_id = loads.load_id
    left join ended_rows
        on
            known._load_id = ended_rows.load_id
            and known._row = ended_rows.row_no
    where
        known.occurred_at >= (select min(checked.occurred_at) from checked)
        and known._reject_reason is null
    group by all
),

{% endif -%}
repeats as (
    select
        checked._load_id,
        checked._row,
        loads.known_from,
        -- End of validity of the rows before it: earlier deliveries of its key, or earlier rows.
        max(least(loads.superseded_on, coalesce(ended_rows.ended_on, date '9999-12-31'))) over (
            partition by checked.source, checked.source_event_id
            order by checked._load_id, checked._row
            rows between unbounded preceding and 1 preceding
        ) as counted_to
    from checked
    semi join repeated_keys using (source, source_event_id)
    inner join loads on checked._load_id = loads.load_id
    left join ended_rows
        on
            checked._load_id = ended_rows.load_id
            and checked._row = ended_rows.row_no
    where checked._reject_reason is null
),

final as (
    select
        checked.* exclude (_reject_reason),
        case
            when checked._reject_reason is not null then checked._reject_reason
            when repeats.counted_to > repeats.known_from
                then 'repeats source_event_id ' || checked.source_event_id
            {%- if is_incremental() %}
            when known_keys.counted_to > loads.known_from
                then 'repeats source_event_id ' || checked.source_event_id
            {%- endif %}
        end as _reject_reason
    from checked
    left join repeats
        on
            checked._load_id = repeats._load_id
            and checked._row = repeats._row
    {%- if is_incremental() %}
    inner join loads on checked._load_id = loads.load_id
    left join known_keys
        on
            checked.source = known_keys.source
            and checked.source_event_id = known_keys.source_event_id
    {%- endif %}
)

select * from final
