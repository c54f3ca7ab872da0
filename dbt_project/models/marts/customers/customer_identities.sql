{#-
    Customer of each source record on the as-of date, and the keys by which the record was linked.

    The names of the keys are listed in their order here: a sorted string_agg for each record took
    half of the query's time.
-#}
{%- set key_types = ['cross_id', 'decision', 'email', 'phone'] -%}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    select history.*
    from {{ ref('int_identity_history') }} as history
    inner join as_of
        on
            history.valid_from <= as_of.as_of_date
            and as_of.as_of_date < history.valid_to
),

keys as (
    select
        identities.customer_id,
        keys.source,
        keys.source_customer_id,
        keys.key_type,
        keys.key_value
    from {{ ref('int_identity_keys') }} as keys
    inner join identities using (source, source_customer_id)
    cross join as_of
    where
        keys.known_from <= as_of.as_of_date
        and keys.key_type in ('email', 'phone', 'cross_id')
),

decisions as (
    select decisions.*
    from {{ source('ops', 'identity_decisions') }} as decisions
    cross join as_of
    where
        decisions.fault is null
        and coalesce(decisions.decided_on, as_of.as_of_date) <= as_of.as_of_date
),

referenced as (
    select
        identities.customer_id,
        identities.source,
        identities.source_customer_id,
        'cross_id' as key_type
    from identities
    inner join keys
        on
            keys.key_type = 'cross_id'
            and keys.key_value = identities.source || ':' || identities.source_customer_id
            and identities.customer_id = keys.customer_id
),

shared as (
    select
        customer_id,
        key_type,
        key_value
    from keys
    where key_type != 'cross_id'
    group by all
    having count(*) > 1
),

evidence as (
    select
        source,
        source_customer_id,
        key_type
    from keys
    semi join shared using (customer_id, key_type, key_value)
    union all
    select
        source,
        source_customer_id,
        key_type
    from referenced
    union all
    select
        keys.source,
        keys.source_customer_id,
        keys.key_type
    from keys
    inner join identities as named
        on
            keys.key_value = named.source || ':' || named.source_customer_id
            and keys.customer_id = named.customer_id
    where keys.key_type = 'cross_id'
    union all
    select
        source_a as source,
        source_customer_id_a as source_customer_id,
        'decision' as key_type
    from decisions
    union all
    select
        source_b as source,
        source_customer_id_b as source_customer_id,
        'decision' as key_type
    from decisions
),

gathered as (
    select
        source,
        source_customer_id,
        concat_ws(
            '+',
            {%- for key_type in key_types %}
            case when bool_or(key_type = '{{ key_type }}') then '{{ key_type }}' end
            {{- ',' if not loop.last }}
            {%- endfor %}
        ) as matched_by
    from evidence
    group by all
),

final as (
    select
        identities.customer_id,
        identities.source,
        identities.source_customer_id,
        coalesce(gathered.matched_by, 'only record') as matched_by,
        greatest(
            cast(nullif(identities.valid_from, date '0001-01-01') as timestamp),
            records.first_seen_at
        ) as linked_at
    from identities
    inner join {{ ref('int_customer_records') }} as records using (source, source_customer_id)
    cross join as_of
    left join gathered using (source, source_customer_id)
    where coalesce(cast(records.first_seen_at as date), records.known_from) <= as_of.as_of_date
)

select * from final
