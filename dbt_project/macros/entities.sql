{#- Canonical entities: their columns, their union over sources, and the versions of their rows. -#}

{#- Canonical columns of an entity and their types, in the order of the union. -#}
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
            'status': 'varchar', 'currency': 'varchar', 'gross_amount': 'decimal(18, 4)',
            'discount_amount': 'decimal(18, 4)', 'net_amount': 'decimal(18, 4)',
            'coupon_code': 'varchar', 'sales_channel': 'varchar', 'cancelled_at': 'timestamp',
            'refunded_at': 'timestamp', 'refunded_amount': 'decimal(18, 4)',
            'payment_kind': 'varchar', 'is_gift_card_sale': 'boolean',
            'credited_order_id': 'varchar',
        },
        'refunds': {
            'source_refund_id': 'varchar', 'source_order_id': 'varchar',
            'source_customer_id': 'varchar', 'refunded_at': 'timestamp',
            'amount': 'decimal(18, 4)', 'currency': 'varchar',
        },
        'order_lines': {
            'source_order_line_id': 'varchar', 'source_order_id': 'varchar', 'product_id': 'varchar',
            'product_name': 'varchar', 'category': 'varchar', 'quantity': 'double',
            'unit_price': 'decimal(18, 4)', 'cost': 'decimal(18, 4)', 'is_gift_card': 'boolean',
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
            'started_at': 'timestamp', 'ended_at': 'timestamp', 'trial_ends_at': 'timestamp',
            'paused_at': 'timestamp', 'resumes_at': 'timestamp', 'status': 'varchar',
            'plan': 'varchar', 'monthly_amount': 'decimal(18, 4)', 'term_months': 'integer',
            'auto_renew': 'boolean', 'end_reason': 'varchar',
        },
        'touches': {
            'source_touch_id': 'varchar', 'source_customer_id': 'varchar', 'action_id': 'varchar',
            'sent_at': 'timestamp', 'channel': 'varchar', 'arm': 'varchar',
            'cost': 'decimal(18, 4)', 'redeemed_at': 'timestamp',
        },
        'consents': {
            'source_consent_id': 'varchar', 'source_customer_id': 'varchar', 'purpose': 'varchar',
            'channel': 'varchar', 'is_granted': 'boolean', 'answered_at': 'timestamp',
        },
        'suppressions': {
            'source_suppression_id': 'varchar', 'source_customer_id': 'varchar',
            'email': 'varchar', 'phone': 'varchar', 'scope': 'varchar', 'channel': 'varchar',
            'suppressed_at': 'timestamp', 'lifted_at': 'timestamp',
        },
    } -%}
    {{ return(columns[entity]) }}
{%- endmacro %}

{#-
    The rows of `entity` from every source that the configuration says provides it. Each source's
    columns are matched by name; a canonical column that its staging model lacks is null. Without a
    source the result has no rows and the same columns, so that orders alone are enough to build.
    Each source is cast by itself: in a common union one source's double would round another's decimal.
    A value that its column cannot hold is null and named in _lost_fields; no value stops the query.
-#}
{% macro union_sources(entity) -%}
    {%- set types = {
        '_load_id': 'bigint', '_row': 'bigint', '_reject_reason': 'varchar', 'source': 'varchar',
    } -%}
    {%- do types.update(entity_columns(entity)) -%}
    {%- do types.update({'_lost_fields': 'varchar[]'}) -%}
{%- set sources = var('sources_by_entity')[entity] -%}
{% for source_name in sources %}
select
    {%- for name, type in types.items() if name != '_lost_fields' %}
    try_cast({{ name }} as {{ type }}) as {{ name }},
    {%- endfor %}
    {{ lost_in_casts(entity) }} as _lost_fields
from (
    -- Without types, so that a column keeps the type of its source.
    select {% for name in types %}null as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    where false
    union all by name
    select * from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
)
{{ 'union all' if not loop.last }}
{%- else %}
select
    {%- for name, type in types.items() %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
where false
{%- endfor %}
{%- endmacro %}

{#- Fields lost in staging, and those whose value the type of their canonical column cannot hold. -#}
{% macro lost_in_casts(entity) -%}
    {%- set lost = [] -%}
    {%- for name, type in entity_columns(entity).items() if type != 'varchar' -%}
        {%- do lost.append((name, name ~ ' is not null and try_cast(' ~ name ~ ' as ' ~ type ~ ') is null')) -%}
    {%- endfor -%}
    case
        when
            {%- for name, is_lost in lost %}
            {{ 'or ' if not loop.first }}({{ is_lost }})
            {%- endfor %}
            then list_concat(
                _lost_fields,
                list_filter(
                    [
                        {%- for name, is_lost in lost %}
                        case when {{ is_lost }} then '{{ name }}' end{{ ',' if not loop.last }}
                        {%- endfor %}
                    ],
                    lambda name: name is not null
                )
            )
        else _lost_fields
    end
{%- endmacro %}

{#-
    Every delivered row of `entity` with its validity interval: a run for date D sees the rows with
    known_from <= D < known_to.

    A row is rejected (_reject_reason) if staging could not read it, if one of `required` is null or
    implausible, if a condition of `reject_when` ({reason: condition}) holds, or if a later row of
    the same delivery has its key. A value of any other column that is implausible or could not be
    read is null and named in _lost_fields (macro `checked_rows`). A redelivered key supersedes its previous version. A file replaced by a
    corrected one supersedes all its rows. A row that its source no longer has is soft-deleted on
    the day on which its absence was seen. Only new loads are read, and only the keys with a new or
    soft-deleted row are written; _batch is the batch in which a row was last written.

    Where the deployment rebuilds past dates (`past_dates`, and `is_rebuilt`), a run of such dates
    sees the last version of a key from the beginning, and no earlier version. _known_from and
    _known_to then keep the validity interval; otherwise they are null (macro `as_known`).
-#}
{% macro entity_versions(entity, key, required, reject_when={}, is_rebuilt=true) -%}
    {%- set columns = ['_load_id', '_row', 'source'] + (entity_columns(entity).keys() | list) + ['_lost_fields'] -%}
    {%- set rebuilds = is_rebuilt and is_rebuild() == 'true' -%}
    {%- if is_incremental() and execute -%}
        {%- do upgrade_columns(entity) -%}
    {%- endif -%}
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
    select * from {{ ref('int_' ~ entity ~ '_unioned') }}
    {%- if is_incremental() %}
    where _load_id > {{ newest_built() }}
    {%- endif %}
),

checked as (
    {{ checked_rows(entity, required, reject_when, '_row_reason') }}
),
{% if is_incremental() %}
-- Soft deletes are found by comparison with the rows of this table, and not by their date: a run
-- may soft-delete rows without any load, and the next run completes a killed one.
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
    inner join loads
        on
            known._load_id = loads.load_id
            and coalesce(known._known_to, known.known_to) > loads.superseded_on
    where loads.superseded_on < date '9999-12-31'
    union
    select
        known.source,
        known.{{ key }}
    from {{ this }} as known
    inner join ended_rows
        on
            known._load_id = ended_rows.load_id
            and known._row = ended_rows.row_no
            and coalesce(known._known_to, known.known_to) > ended_rows.ended_on
    where known.{{ key }} is not null
    union
    -- Keys whose validity the previous run wrote in the other mode of `past_dates`.
    select
        source,
        {{ key }}
    from {{ this }}
    where
        {{ key }} is not null
        {%- if rebuilds %}
        and _known_to is null
        and (known_from > date '0001-01-01' or known_to < date '9999-12-31')
        {%- else %}
        and _known_to is not null
        {%- endif %}
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

dated as (
    select
        judged.* exclude (replaced_on),
        loads.known_from,
        least(
            judged.replaced_on, loads.superseded_on, coalesce(ended_rows.ended_on, date '9999-12-31')
        ) as known_to
    from judged
    inner join loads on judged._load_id = loads.load_id
    left join ended_rows
        on
            judged._load_id = ended_rows.load_id
            and judged._row = ended_rows.row_no
),
{% if rebuilds %}
ranked as (
    select
        *,
        row_number() over (
            partition by source, {{ key }}, _reject_reason is null and known_from < known_to
            order by _load_id desc
        ) = 1 as is_last
    from dated
),
{% endif %}
final as (
    select
        {% for name in columns %}{{ name }},
        {% endfor -%}
        _row_reason,
        _reject_reason,
        {%- if rebuilds %}
        case when is_last then date '0001-01-01' else known_from end as known_from,
        case when is_last then known_to else known_from end as known_to,
        {%- else %}
        known_from,
        known_to,
        {%- endif %}
        (select max(load_id) from loads) + (select count(*) from ended_rows) as _batch,
        {%- if rebuilds %}
        known_from as _known_from,
        known_to as _known_to
        {%- else %}
        cast(null as date) as _known_from,
        cast(null as date) as _known_to
        {%- endif %}
    from {{ 'ranked' if rebuilds else 'dated' }}
)

select * from final
{%- endmacro %}

{#-
    Gives the table of versions of an older release its present columns: those that it lacks, which
    are null in its earlier rows, and the present decimals of its amounts.
-#}
{% macro upgrade_columns(entity) -%}
    {%- set present = {} -%}
    {%- for column in adapter.get_columns_in_relation(this) -%}
        {%- do present.update({column.name: column.dtype | lower | replace(' ', '')}) -%}
    {%- endfor -%}
    {%- set wanted = {'_known_from': 'date', '_known_to': 'date', '_lost_fields': 'varchar[]'} -%}
    {%- do wanted.update(entity_columns(entity)) -%}
    {%- for name, type in wanted.items() -%}
        {%- set given = type | replace(' ', '') -%}
        {%- if name not in present -%}
            {%- do run_query('alter table ' ~ this ~ ' add column ' ~ name ~ ' ' ~ type) -%}
        {%- elif given.startswith('decimal') and present[name] != given -%}
            {%- do run_query('alter table ' ~ this ~ ' alter column ' ~ name ~ ' type ' ~ type) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#-
    A bound of the validity interval (known_from, known_to) that rebuilding does not change: for
    tables about deliveries, and for tables that are kept between runs. Without rebuilding it is the
    column itself, so that a scan skips older row groups.
-#}
{% macro as_known(column, relation) -%}
    {%- if var('past_dates') == 'rebuilt' -%}
    coalesce({{ relation }}._{{ column }}, {{ relation }}.{{ column }})
    {%- else -%}
    {{ relation }}.{{ column }}
    {%- endif -%}
{%- endmacro %}

{#-
    'true' if the run rebuilds past dates from the latest versions, else 'false': the deployment sets
    `past_dates: rebuilt`, and a date of the run is before the latest date that was ever run.
-#}
{% macro is_rebuild() -%}
    {%- set question -%}
        select coalesce(min(snapshot_date) < (
            select max(snapshot_date) from {{ source('ops', 'snapshot_dates') }}
        ), false)
        from {{ source('ops', 'run_dates') }}
        where purpose = 'daily'
    {%- endset -%}
    {%- if execute and var('past_dates') == 'rebuilt' -%}
        {{- return(run_query(question).columns[0].values()[0] | string | lower) -}}
    {%- else -%}
        {{- return('false') -}}
    {%- endif -%}
{%- endmacro %}

{#-
    The greatest value of `column` in the model as it was built before. The value is a literal and
    not a subquery, so that a filter by it reaches the scan and skips the row groups of older loads.
-#}
{% macro newest_built(column='_load_id') -%}
    {%- if execute -%}
        {{- run_query('select coalesce(max(' ~ column ~ '), 0) from ' ~ this).columns[0].values()[0] -}}
    {%- else -%}
        0
    {%- endif -%}
{%- endmacro %}
