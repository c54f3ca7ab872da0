{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_customer_id', 'key_type', 'key_value'],
    )
}}

{#-
    Keys by which records are linked, in their normal form and with the day on which each was first
    known. A known key stays valid evidence: a customer who changes the e-mail address is still the
    owner of the old one.
-#}
with

customers as (
    select
        versions.* exclude (known_from),
        {{ as_known('known_from', 'versions') }} as known_from
    from {{ ref('int_customers_versions') }} as versions
    where
        versions._reject_reason is null
        {%- if is_incremental() %}
        and versions._load_id > {{ newest_built() }}
        {%- endif %}
),

mail_providers as (
    select * from {{ ref('mail_providers') }}
),

dialling_codes as (
    select * from {{ ref('dialling_codes') }}
),

placeholder_keys as (
    select * from {{ ref('placeholder_keys') }}
),

emails as (
    select
        customers.source,
        customers.source_customer_id,
        'email' as key_type,
        {{ normalised_email('customers.email', 'mail_providers') }} as key_value,
        customers.known_from,
        customers._load_id
    from customers
    left join mail_providers
        on lower(trim(split_part(customers.email, '@', 2))) = mail_providers.domain
    where customers.email is not null
),

phones as (
    select
        customers.source,
        customers.source_customer_id,
        'phone' as key_type,
        {{ normalised_phone('customers.phone', 'dialling_codes') }} as key_value,
        customers.known_from,
        customers._load_id
    from customers
    inner join dialling_codes
        on coalesce(customers.country, '{{ var("default_country") }}') = dialling_codes.country
    where customers.phone is not null
),

cross_ids as (
    select
        source,
        source_customer_id,
        'cross_id' as key_type,
        unnest(external_ids) as key_value,
        known_from,
        _load_id
    from customers
),

keys as (
    select * from emails
    union all
    select * from phones
    union all
    select * from cross_ids
),

linking_keys as (
    select * from keys
    anti join placeholder_keys using (key_type, key_value)
    where key_value is not null
),
{% if is_incremental() %}
known_keys as (
    select
        known.source,
        known.source_customer_id,
        known.key_type,
        known.key_value,
        known.known_from,
        known._load_id
    from {{ this }} as known
    semi join linking_keys using (source, source_customer_id, key_type, key_value)
),
{% endif %}
gathered as (
    select * from linking_keys
    {%- if is_incremental() %}
    union all
    select * from known_keys
    {%- endif %}
),

final as (
    select
        source,
        source_customer_id,
        key_type,
        key_value,
        min(known_from) as known_from,
        max(_load_id) as _load_id
    from gathered
    group by all
)

select * from final
