{{ config(materialized='incremental', incremental_strategy='append') }}

{#-
    Events only ever happen, so each new load is appended and nothing that is here is touched: the
    first delivery of an event counts and a repeat is rejected. Loads replaced by a corrected file
    stay here too; the ledger says from which day they no longer count.
-#}
with

delivered as (
    select * from {{ ref('int_events_unioned') }}
    {%- if is_incremental() %}
    where _load_id > {{ newest_built() }}
    {%- endif %}
),

checked as (
    select
        * exclude (_reject_reason),
        case
            when _reject_reason is not null then _reject_reason
            when source_customer_id is null then 'missing source_customer_id'
            when occurred_at is null then 'missing occurred_at'
            when event_type is null then 'missing event_type'
        end as _reject_reason
    from delivered
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
    -- A repeat tells of the same moment, so only the known events since the earliest new one count.
    select distinct
        known.source,
        known.source_event_id
    from {{ this }} as known
    inner join {{ source('ops', 'load_ledger') }} as loads on known._load_id = loads.load_id
    where
        known.occurred_at >= (select min(checked.occurred_at) from checked)
        and known._reject_reason is null
        and loads.superseded_by is null
),

{% endif -%}
firsts as (
    select
        checked.source,
        checked.source_event_id,
        min((checked._load_id, checked._row)) as first_row
    from checked
    semi join repeated_keys using (source, source_event_id)
    where checked._reject_reason is null
    group by all
),

final as (
    select
        checked.* exclude (_reject_reason),
        case
            when checked._reject_reason is not null then checked._reject_reason
            when (checked._load_id, checked._row) > firsts.first_row
                then 'repeats source_event_id ' || checked.source_event_id
            {%- if is_incremental() %}
            when known_keys.source_event_id is not null
                then 'repeats source_event_id ' || checked.source_event_id
            {%- endif %}
        end as _reject_reason
    from checked
    left join firsts
        on
            checked.source = firsts.source
            and checked.source_event_id = firsts.source_event_id
    {%- if is_incremental() %}
    left join known_keys
        on
            checked.source = known_keys.source
            and checked.source_event_id = known_keys.source_event_id
    {%- endif %}
)

select * from final
