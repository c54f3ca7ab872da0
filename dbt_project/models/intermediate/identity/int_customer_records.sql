{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_customer_id'],
        pre_hook="{{ add_columns({
            'customers_from': 'date', 'orders_from': 'date', 'tickets_from': 'date',
            'feedback_from': 'date', 'subscriptions_from': 'date', 'touches_from': 'date',
            'events_from': 'date',
        }) }}",
    )
}}

{#-
    One row per source record of a customer: delivered as such, or inferred from an order, ticket,
    event, subscription or touch whose customer no customer table has delivered yet. Without
    inferred records an order that arrives a day before its account would be lost.

    <entity>_from is the first day on which a row of the entity that names the record was known, by
    which ops.data_quality_daily counts inferred records. The hook adds these columns to older
    warehouses, whose records then count once a new row names them.
-#}
{%- set facts = [
    ('orders', 'int_orders_versions', 'ordered_at'),
    ('tickets', 'int_tickets_versions', 'opened_at'),
    ('feedback', 'int_feedback_versions', 'created_at'),
    ('subscriptions', 'int_subscriptions_versions', 'started_at'),
    ('touches', 'int_touches_versions', 'sent_at'),
] %}
{%- set entities = ['customers'] + facts | map(attribute=0) | list + ['events'] %}
with

mentions as (
    select
        customers.source,
        customers.source_customer_id,
        {{ as_known('known_from', 'customers') }} as known_from,
        customers.created_at as seen_at,
        'customers' as entity,
        customers._load_id
    from {{ ref('int_customers_versions') }} as customers
    where customers._reject_reason is null
    {%- for entity, model, time_column in facts %}
    union all
    select
        {{ entity }}.source,
        {{ entity }}.source_customer_id,
        {{ as_known('known_from', entity) }} as known_from,
        {{ entity }}.{{ time_column }} as seen_at,
        '{{ entity }}' as entity,
        {{ entity }}._load_id
    from {{ ref(model) }} as {{ entity }}
    where {{ entity }}._reject_reason is null and {{ entity }}.source_customer_id is not null
    {%- endfor %}
    union all
    select
        days.source,
        days.source_customer_id,
        days.known_from,
        days.first_event_at as seen_at,
        'events' as entity,
        days._load_id
    from {{ ref('int_event_days') }} as days
),

new_mentions as (
    select * from mentions
    {%- if is_incremental() %}
    where _load_id > {{ newest_built() }}
    {%- endif %}
),

gathered as (
    select
        source,
        source_customer_id,
        min(known_from) as known_from,
        min(seen_at) as first_seen_at,
        bool_or(entity = 'customers') as is_delivered,
        {%- for entity in entities %}
        min(known_from) filter (where entity = '{{ entity }}') as {{ entity }}_from,
        {%- endfor %}
        max(_load_id) as _load_id
    from new_mentions
    group by all
),
{% if is_incremental() %}
final as (
    select
        gathered.source,
        gathered.source_customer_id,
        least(gathered.known_from, known.known_from) as known_from,
        least(gathered.first_seen_at, known.first_seen_at) as first_seen_at,
        gathered.is_delivered or coalesce(known.is_delivered, false) as is_delivered,
        {%- for entity in entities %}
        least(gathered.{{ entity }}_from, known.{{ entity }}_from) as {{ entity }}_from,
        {%- endfor %}
        gathered._load_id
    from gathered
    left join {{ this }} as known
        on
            gathered.source = known.source
            and gathered.source_customer_id = known.source_customer_id
)
{% else %}
final as (
    select * from gathered
)
{% endif %}
select * from final
