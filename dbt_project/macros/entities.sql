{#- The canonical entities: their columns, their union over sources, and the history of their rows. -#}

{#- Canonical columns of an entity and their types, in the order in which staging gives them. -#}
{% macro entity_columns(entity) -%}
    {%- set columns = {
        'customers': {
            'source_customer_id': 'varchar', 'email': 'varchar', 'phone': 'varchar',
            'full_name': 'varchar', 'created_at': 'timestamp', 'updated_at': 'timestamp',
            'birth_year': 'integer', 'country': 'varchar', 'city': 'varchar',
            'acquisition_channel': 'varchar', 'plan': 'varchar', 'marketing_consent': 'boolean',
            'external_ids': 'varchar[]',
        },
        'orders': {
            'source_order_id': 'varchar', 'source_customer_id': 'varchar', 'ordered_at': 'timestamp',
            'status': 'varchar', 'currency': 'varchar', 'gross_amount': 'decimal(18, 2)',
            'discount_amount': 'decimal(18, 2)', 'net_amount': 'decimal(18, 2)',
            'coupon_code': 'varchar', 'sales_channel': 'varchar', 'cancelled_at': 'timestamp',
            'refunded_at': 'timestamp', 'refunded_amount': 'decimal(18, 2)',
        },
        'order_lines': {
            'source_order_line_id': 'varchar', 'source_order_id': 'varchar', 'product_id': 'varchar',
            'product_name': 'varchar', 'category': 'varchar', 'quantity': 'double',
            'unit_price': 'decimal(18, 4)', 'cost': 'decimal(18, 4)',
        },
        'tickets': {
            'source_ticket_id': 'varchar', 'source_customer_id': 'varchar', 'opened_at': 'timestamp',
            'first_response_at': 'timestamp', 'resolved_at': 'timestamp', 'channel': 'varchar',
            'topic': 'varchar', 'priority': 'varchar', 'status': 'varchar', 'csat_score': 'double',
            'reopened_count': 'integer',
        },
        'feedback': {
            'source_feedback_id': 'varchar', 'source_customer_id': 'varchar',
            'created_at': 'timestamp', 'kind': 'varchar', 'rating': 'double', 'text': 'varchar',
            'source_order_id': 'varchar', 'source_ticket_id': 'varchar',
        },
        'events': {
            'source_event_id': 'varchar', 'source_customer_id': 'varchar',
            'occurred_at': 'timestamp', 'event_type': 'varchar', 'product_id': 'varchar',
            'value': 'double',
        },
        'subscriptions': {
            'source_subscription_id': 'varchar', 'source_customer_id': 'varchar',
            'started_at': 'timestamp', 'ended_at': 'timestamp', 'plan': 'varchar',
            'monthly_amount': 'decimal(18, 2)', 'term_months': 'integer', 'auto_renew': 'boolean',
            'end_reason': 'varchar',
        },
        'touches': {
            'source_touch_id': 'varchar', 'source_customer_id': 'varchar', 'action_id': 'varchar',
            'sent_at': 'timestamp', 'channel': 'varchar', 'arm': 'varchar',
            'cost': 'decimal(18, 4)', 'redeemed_at': 'timestamp',
        },
    } -%}
    {{ return(columns[entity]) }}
{%- endmacro %}

{#-
    The rows of `entity` from every source that the config says provides it, and no rows, with the
    same columns, where none does: orders alone are enough for everything downstream to build.
-#}
{% macro union_sources(entity) -%}
    {%- set columns = entity_columns(entity) -%}
    {%- for source_name in var('sources_by_entity')[entity] %}
    select
        _load_id,
        _row,
        _reject_reason,
        source,
        {%- for name, type in columns.items() %}
        cast({{ name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as bigint) as _load_id,
        cast(null as bigint) as _row,
        cast(null as varchar) as _reject_reason,
        cast(null as varchar) as source,
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{%- endmacro %}

{#-
    Every delivered row of `entity`, with the days on which it was what the company knew:
    a run for date D sees the rows with known_from <= D < known_to.

    A row is rejected (_reject_reason) if staging could not read it, if one of `required` is null,
    if a condition of `reject_when` ({reason: condition}) holds, or if a later row of the same
    delivery has its key. A key delivered again supersedes what was known of it; a file replaced by
    a corrected one supersedes all its rows. Only loads that are not yet here are read, and only
    the keys that they touch are written: _batch says in which batch a row was last written.
-#}
{% macro entity_versions(entity, key, required, reject_when={}) -%}
    {%- set columns = ['_load_id', '_row', 'source'] + (entity_columns(entity).keys() | list) -%}
with

loads as (
    select
        load_id,
        coalesce(known_from, date '0001-01-01') as known_from,
        coalesce(superseded_on, date '9999-12-31') as superseded_on
    from {{ source('ops', 'load_ledger') }}
),

delivered as (
    select * from {{ ref('int_' ~ entity ~ '_unioned') }}
    {%- if is_incremental() %}
    where _load_id > {{ newest_built() }}
    {%- endif %}
),

checked as (
    select
        {{ columns | join(',\n        ') }},
        case
            when _reject_reason is not null then _reject_reason
            {%- for name in required %}
            when {{ name }} is null then 'missing {{ name }}'
            {%- endfor %}
            {%- for reason, condition in reject_when.items() %}
            when {{ condition }} then '{{ reason }}'
            {%- endfor %}
        end as _row_reason
    from delivered
),
{% if is_incremental() %}
touched_keys as (
    select
        source,
        {{ key }}
    from checked
    where {{ key }} is not null
    union
    select
        known.source,
        known.{{ key }}
    from {{ this }} as known
    inner join loads on known._load_id = loads.load_id and known.known_to > loads.superseded_on
),

candidates as (
    select * from checked
    union all
    select
        {{ columns | join(',\n        ') }},
        _row_reason
    from {{ this }}
    semi join touched_keys using (source, {{ key }})
),
{% else %}
candidates as (
    select * from checked
),
{% endif %}
repeated_keys as (
    select
        source,
        {{ key }}
    from candidates
    where _row_reason is null
    group by all
    having count(*) > 1
),

delivered_once as (
    select
        candidates.*,
        candidates._row_reason as _reject_reason,
        date '9999-12-31' as replaced_on
    from candidates
    anti join repeated_keys
        on
            candidates.source = repeated_keys.source
            and candidates.{{ key }} = repeated_keys.{{ key }}
            and candidates._row_reason is null
),

delivered_often as (
    select
        candidates.*,
        max(candidates._row) over file_repeats as kept_row,
        loads.known_from
    from candidates
    semi join repeated_keys using (source, {{ key }})
    inner join loads on candidates._load_id = loads.load_id
    where candidates._row_reason is null
    window file_repeats as (
        partition by candidates.source, candidates.{{ key }}, candidates._load_id
    )
),

replaced as (
    select
        * exclude (kept_row, known_from),
        case
            when _row != kept_row
                then 'repeats {{ key }} ' || {{ key }} || ', kept is row ' || kept_row
        end as _reject_reason,
        coalesce(
            lead(known_from) over (
                partition by source, {{ key }}, _row = kept_row
                order by _load_id
            ),
            date '9999-12-31'
        ) as replaced_on
    from delivered_often
),

judged as (
    select * from delivered_once
    union all
    select * from replaced
),

final as (
    select
        {% for name in columns %}judged.{{ name }},
        {% endfor -%}
        judged._row_reason,
        judged._reject_reason,
        loads.known_from,
        least(judged.replaced_on, loads.superseded_on) as known_to,
        (select max(newest.load_id) from loads as newest) as _batch
    from judged
    inner join loads on judged._load_id = loads.load_id
)

select * from final
{%- endmacro %}

{#-
    The newest value of `column` in the model as it is already built: a literal, and not a
    subquery, so that a filter by it reaches the scan and skips the row groups of older loads.
-#}
{% macro newest_built(column='_load_id') -%}
    {%- if execute -%}
        {{- run_query('select coalesce(max(' ~ column ~ '), 0) from ' ~ this).columns[0].values()[0] -}}
    {%- else -%}
        0
    {%- endif -%}
{%- endmacro %}
