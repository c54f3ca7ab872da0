{#-
    Delivered rows that were not accepted, with file, position, reason and the row as JSON, so that
    they can be corrected at their source. The table is not published, because the rows hold
    personal data.
-#}
with

loads as (
    select
        load_id,
        source,
        table_name,
        path
    from {{ source('ops', 'load_ledger') }}
),

{% for account in var('accounting_tables') -%}
{%- set name = 'rejected_' ~ account.source ~ '_' ~ account.table -%}
{%- set rows_of_entity = 'int_events_checked' if account.entity == 'events'
    else 'int_' ~ account.entity ~ '_versions' -%}
{{ name }} as (
    select
        rejected._load_id,
        rejected._row,
        rejected._reject_reason as reason,
        to_json(raw) as row_as_json
    from {{ ref(rows_of_entity) }} as rejected
    inner join {{ source(account.source, account.table) }} as raw
        on
            rejected._load_id = raw._load_id
            and rejected._row = raw._row
    inner join loads
        on
            rejected._load_id = loads.load_id
            and loads.source = '{{ account.source }}'
            and loads.table_name = '{{ account.table }}'
    where rejected._reject_reason is not null
    {%- if account.entity == 'order_lines' %}
    union all
    select
        orphans._load_id,
        orphans._row,
        'refers to no order: ' || orphans.source_order_id as reason,
        to_json(raw) as row_as_json
    from {{ ref('int_orphan_order_lines') }} as orphans
    inner join {{ source(account.source, account.table) }} as raw
        on
            orphans._load_id = raw._load_id
            and orphans._row = raw._row
    where
        orphans.source = '{{ account.source }}'
        and orphans.orphan_until > (select as_of_date from {{ ref('int_as_of') }})
    {%- endif %}
),

{% endfor -%}
rejected as (
    {%- for account in var('accounting_tables') %}
    select * from rejected_{{ account.source }}_{{ account.table }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as bigint) as _load_id,
        cast(null as bigint) as _row,
        cast(null as varchar) as reason,
        cast(null as json) as row_as_json
    where false
    {%- endfor %}
),

unreadable as (
    select
        load_id as _load_id,
        row_no as _row,
        reason,
        to_json(content) as row_as_json
    from {{ source('ops', 'unreadable_rows') }}
),

refused as (
    select * from rejected
    union all
    select * from unreadable
),

final as (
    select
        loads.source,
        loads.table_name,
        loads.path as file,
        refused._row as row_number,
        refused.reason,
        refused.row_as_json
    from refused
    inner join loads on refused._load_id = loads.load_id
)

select * from final
