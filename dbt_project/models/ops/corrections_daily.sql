{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Corrections of earlier days that became known on each day of the run: rows delivered after the
    day they refer to, new versions with other values, deleted rows, and rows that belong to another
    customer from then on. They are counted by the affected day; an order line by the day of its
    order. Rows without a day of their own (customers) count under the day on which they became
    known. A new version without a change is no correction, and rows of the initial history have no
    day on which they became known.

    A row valid from the day is compared with the row of its key that was valid until the day.
-#}
{%- set entities = {
    'customers': ('source_customer_id', none),
    'orders': ('source_order_id', 'ordered_at'),
    'order_lines': ('source_order_line_id', none),
    'refunds': ('source_refund_id', 'refunded_at'),
    'tickets': ('source_ticket_id', 'opened_at'),
    'feedback': ('source_feedback_id', 'created_at'),
    'events': ('source_event_id', 'occurred_at'),
    'subscriptions': ('source_subscription_id', 'started_at'),
    'touches': ('source_touch_id', 'sent_at'),
    'consents': ('source_consent_id', none),
    'suppressions': ('source_suppression_id', none),
} %}
with

dates as (
    select snapshot_date from {{ source('ops', 'run_dates') }}
    where purpose = 'daily'
),

loads as (
    select
        load_id,
        source,
        table_name,
        known_from,
        superseded_on
    from {{ source('ops', 'load_ledger') }}
),

ended_rows as (
    select
        load_id,
        row_no,
        ended_on
    from {{ source('ops', 'ended_rows') }}
),

-- Events are kept as delivered, so only their ends are looked up.
ended_events as (
    select
        events._load_id,
        events._row,
        least(loads.superseded_on, ended_rows.ended_on) as ended_on
    from ended_rows
    inner join {{ ref('int_events_checked') }} as events
        on
            ended_rows.load_id = events._load_id
            and ended_rows.row_no = events._row
    inner join loads on events._load_id = loads.load_id
    union
    select
        events._load_id,
        events._row,
        loads.superseded_on as ended_on
    from loads
    inner join {{ ref('int_events_checked') }} as events on loads.load_id = events._load_id
    anti join ended_rows
        on
            events._load_id = ended_rows.load_id
            and events._row = ended_rows.row_no
    where loads.superseded_on in (select dates.snapshot_date from dates)
),

{% for entity, (key, happened_at) in entities.items() -%}
{%- set day = 'coalesce(cast(versions.refunded_at as date), dates.snapshot_date)'
    if entity == 'refunds' else 'cast(versions.' ~ happened_at ~ ' as date)' if happened_at
    else 'coalesce(cast(orders.ordered_at as date), dates.snapshot_date)' if entity == 'order_lines'
    else 'dates.snapshot_date' -%}
{%- set versions = 'int_events_checked' if entity == 'events'
    else 'int_' ~ entity ~ '_versions' -%}
{#- An amount in a currency without a rate changes too. -#}
{%- set columns = entity_columns(entity).keys() | list
    + (['original_amount', 'original_refunded_amount'] if entity == 'orders' else []) -%}
{%- for side in ('begun', 'ended') %}
{{ entity }}_{{ side }} as (
    select
        dates.snapshot_date,
        versions.*,
        {{ day }} as happened_on
        {%- if entity == 'orders' %},
        -- Amount that stands on the day, or stood on the day before, after the order's refunds.
        {%- set seen_on = 'dates.snapshot_date' ~ (' - 1' if side == 'ended' else '') %}
        case
            when {{ voided_on('versions') }} <= {{ seen_on }} or not ({{ is_purchase('versions') }})
                then 0
            when coalesce(cast(versions.refunded_at as date), versions.known_from) <= {{ seen_on }}
                then
                    {{ at_least(
                        purchase_amount('versions') ~ ' - coalesce(versions.refunded_amount, 0)', 0
                    ) }}
            else {{ purchase_amount('versions') }}
        end as standing_amount
        {%- elif entity == 'refunds' %},
        case when {{ is_deployment_currency('versions.currency') }} then -abs(versions.amount) end
            as standing_amount
        {%- endif %}
    from {{ orders_in_currency() if entity == 'orders' else ref(versions) }} as versions
    {%- if entity == 'events' and side == 'begun' %}
    inner join loads on versions._load_id = loads.load_id
    inner join dates on loads.known_from = dates.snapshot_date
    {%- elif entity == 'events' %}
    inner join ended_events
        on
            versions._load_id = ended_events._load_id
            and versions._row = ended_events._row
    inner join dates on ended_events.ended_on = dates.snapshot_date
    {%- else %}
    {%- set from_column = as_known('known_from', 'versions') %}
    {%- set to_column = as_known('known_to', 'versions') %}
    inner join dates
        on
            {%- if side == 'begun' %}
            {{ from_column }} = dates.snapshot_date
            and {{ to_column }} > dates.snapshot_date
            {%- else %}
            {{ to_column }} = dates.snapshot_date
            and {{ from_column }} < dates.snapshot_date
            {%- endif %}
    {%- endif %}
    {%- if entity == 'order_lines' %}
    {%- set known_on = 'dates.snapshot_date' if side == 'begun' else 'dates.snapshot_date - 1' %}
    left join {{ ref('int_orders_versions') }} as orders
        on
            versions.source = orders.source
            and versions.source_order_id = orders.source_order_id
            and orders._reject_reason is null
            and {{ as_known('known_from', 'orders') }} <= {{ known_on }}
            and {{ as_known('known_to', 'orders') }} > {{ known_on }}
    {%- endif %}
    where versions._reject_reason is null
),
{% endfor %}
{{ entity }}_changed as (
    select
        coalesce(begun.snapshot_date, ended.snapshot_date) as snapshot_date,
        coalesce(begun._load_id, ended._load_id) as _load_id,
        coalesce(begun._row, ended._row) as _row,
        case
            when begun._load_id is null
                then case when ended_rows.row_no is null then 'withdrawn' else 'deleted' end
            when ended._load_id is null
                then case when returned.{{ key }} is null then 'late' else 'returned' end
            {%- if entity == 'orders' %}
            when begun.status in ('cancelled', 'refunded') and ended.status != begun.status
                then begun.status
            {%- elif entity == 'tickets' %}
            when
                coalesce(begun.reopened_count, 0) > coalesce(ended.reopened_count, 0)
                or coalesce(begun.resolved_at, timestamp 'infinity') > ended.resolved_at
                then 'reopened'
            {%- endif %}
            else 'changed'
        end as kind,
        {%- if entity in ('orders', 'refunds') %}
        cast(coalesce(begun.standing_amount, 0) as {{ money_type() }}) as begun_amount,
        cast(coalesce(ended.standing_amount, 0) as {{ money_type() }}) as ended_amount,
        {%- else %}
        cast(null as {{ money_type() }}) as begun_amount,
        cast(null as {{ money_type() }}) as ended_amount,
        {%- endif %}
        begun.happened_on as begun_on,
        {%- if entity == 'tickets' %}
        -- A reopened ticket was not solved on the day of its apparent solution.
        case
            when coalesce(begun.resolved_at, timestamp 'infinity') > ended.resolved_at
                then cast(ended.resolved_at as date)
            else ended.happened_on
        end as ended_on
        {%- else %}
        ended.happened_on as ended_on
        {%- endif %}
    from {{ entity }}_begun as begun
    full join {{ entity }}_ended as ended
        on
            begun.snapshot_date = ended.snapshot_date
            and begun.source = ended.source
            and begun.{{ key }} = ended.{{ key }}
    left join ended_rows
        on
            ended._load_id = ended_rows.load_id
            and ended._row = ended_rows.row_no
    left join (
        select distinct
            versions.source,
            versions.{{ key }}
        from {{ ref(versions) }} as versions
        inner join ended_rows as earlier
            on
                versions._load_id = earlier.load_id
                and versions._row = earlier.row_no
    ) as returned
        on
            begun.source = returned.source
            and begun.{{ key }} = returned.{{ key }}
    where
        -- A new row of its own day is no correction.
        (
            ended._load_id is not null
            or returned.{{ key }} is not null
            or begun.happened_on < begun.snapshot_date
        )
        and (
            begun._load_id is null
            or ended._load_id is null
            or (
                {%- for column in columns %}
                begun.{{ column }}{{ ',' if not loop.last }}
                {%- endfor %}
            ) is distinct from (
                {%- for column in columns %}
                ended.{{ column }}{{ ',' if not loop.last }}
                {%- endfor %}
            )
        )
),

{% endfor -%}
changed as (
    {%- for entity in entities %}
    select * from {{ entity }}_changed
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A new version with another day corrects both days.
effects as (
    select
        snapshot_date,
        _load_id,
        kind,
        coalesce(ended_on, begun_on) as affected_on,
        case
            when begun_on is null or ended_on is null or begun_on = ended_on
                then begun_amount - ended_amount
            else -ended_amount
        end as net_amount_change
    from changed
    union all
    select
        snapshot_date,
        _load_id,
        kind,
        begun_on as affected_on,
        begun_amount as net_amount_change
    from changed
    where begun_on != ended_on and kind != 'reopened'
),

relinked as (
    select
        dates.snapshot_date,
        histories.source,
        'customer_identities' as table_name,
        'relinked' as kind,
        dates.snapshot_date as affected_on,
        count(*) as row_count,
        cast(null as {{ money_type() }}) as net_amount_change
    from {{ ref('int_identity_history') }} as histories
    inner join dates on histories.valid_from = dates.snapshot_date
    inner join {{ ref('int_identity_history') }} as earlier
        on
            histories.record_no = earlier.record_no
            and histories.valid_from = earlier.valid_to
    group by all
),

counted as (
    select
        effects.snapshot_date,
        loads.source,
        loads.table_name,
        effects.kind,
        effects.affected_on,
        count(*) as row_count,
        sum(effects.net_amount_change) as net_amount_change
    from effects
    inner join loads on effects._load_id = loads.load_id
    group by all
    union all by name
    select * from relinked
),

final as (
    select
        snapshot_date,
        source,
        table_name,
        kind,
        affected_on,
        cast(row_count as bigint) as row_count,
        cast(net_amount_change as {{ money_type() }}) as net_amount_change,
        affected_on >= snapshot_date - {{ var('corrections_window_days') }} as is_within_window
    from counted
)

select * from final
