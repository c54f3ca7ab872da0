{#-
    Outcomes of the rows of each load: one row per load, outcome and interval of days (from_date <=
    day < to_date). Every delivered row has exactly one outcome on every day since its delivery,
    except the rows of erased people, which ops.erased_rows counts. A
    table is accounted for by the first entity that it provides. A table that provides none is only
    looked into, so its readable rows count as accepted until the load is superseded.

    Rows that lost other fields are counted apart; lost_fields names the fields.
-#}
with

loads as (
    select
        load_id,
        source,
        table_name,
        rows,
        coalesce(known_from, date '0001-01-01') as known_from,
        coalesce(superseded_on, date '9999-12-31') as superseded_on
    from {{ source('ops', 'load_ledger') }}
),

judged_rows as (
    {%- for account in var('accounting_tables') %}
    {%- set is_event = account.entity == 'events' %}
    select
        rows_of_entity._load_id,
        {%- if account.entity == 'order_lines' %}
        case
            when rows_of_entity._reject_reason is not null then date '9999-12-31'
            else coalesce(orphans.orphan_until, date '0001-01-01')
        end as rejected_until,
        {%- else %}
        case
            when rows_of_entity._reject_reason is not null then date '9999-12-31'
            else date '0001-01-01'
        end as rejected_until,
        {%- endif %}
        {%- if is_event %}
        least(loads.superseded_on, ended_rows.ended_on) as known_to,
        {%- else %}
        {{ as_known('known_to', 'rows_of_entity') }} as known_to,
        {%- endif %}
        array_to_string(rows_of_entity._lost_fields, ', ') as lost_fields
    from {{ ref('int_events_checked' if is_event else 'int_' ~ account.entity ~ '_versions') }}
        as rows_of_entity
    inner join loads
        on
            rows_of_entity._load_id = loads.load_id
            and loads.source = '{{ account.source }}'
            and loads.table_name = '{{ account.table }}'
    {%- if is_event %}
    left join {{ source('ops', 'ended_rows') }} as ended_rows
        on
            rows_of_entity._load_id = ended_rows.load_id
            and rows_of_entity._row = ended_rows.row_no
    {%- endif %}
    {%- if account.entity == 'order_lines' %}
    left join {{ ref('int_orphan_order_lines') }} as orphans
        on
            rows_of_entity._load_id = orphans._load_id
            and rows_of_entity._row = orphans._row
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

unreadable_rows as (
    select
        unreadable.load_id as _load_id,
        date '9999-12-31' as rejected_until,
        loads.superseded_on as known_to,
        cast(null as varchar) as lost_fields
    from {{ source('ops', 'unreadable_rows') }} as unreadable
    inner join loads using (load_id)
),

accounted_rows as (
    select * from judged_rows
    union all
    select * from unreadable_rows
),

unreadable_counts as (
    select
        _load_id,
        count(*) as row_count
    from unreadable_rows
    group by all
),

looked_into as (
    select
        loads.load_id as _load_id,
        date '0001-01-01' as rejected_until,
        loads.superseded_on as known_to,
        loads.rows
        - coalesce(unreadable_counts.row_count, 0)
        - coalesce(erased_rows.rows, 0) as row_count
    from loads
    left join unreadable_counts on loads.load_id = unreadable_counts._load_id
    left join {{ source('ops', 'erased_rows') }} as erased_rows using (load_id)
    {%- if var('accounting_tables') %}
    where
        (loads.source, loads.table_name) not in (
            {%- for account in var('accounting_tables') %}
            ('{{ account.source }}', '{{ account.table }}'){{ ',' if not loop.last }}
            {%- endfor %}
        )
    {%- endif %}
),

counted as (
    select
        _load_id,
        rejected_until,
        known_to,
        lost_fields,
        count(*) as row_count
    from accounted_rows
    group by all
    union all by name
    select * from looked_into
),

final as (
    select
        loads.load_id,
        loads.source,
        loads.table_name,
        loads.known_from,
        counted.rejected_until,
        counted.known_to,
        counted.lost_fields,
        counted.row_count
    from counted
    inner join loads on counted._load_id = loads.load_id
)

select * from final
