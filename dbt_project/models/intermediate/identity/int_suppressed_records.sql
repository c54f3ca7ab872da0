{#-
    Source records that an entry of a suppression list names, by id, e-mail address or phone number:
    one row per record, scope, channel and validity interval (valid_from <= day < valid_to).

    An address or number names every record that has or had it, in any system, and also a record
    that is delivered after the entry. A channel that is not one of the known ones counts as every
    channel, because a doubt forbids.
-#}
with

entries as (
    select
        source,
        source_customer_id,
        {{ first_email('email') }} as email,
        phone,
        scope,
        case when channel in ({{ contact_channels() }}) then channel else 'any' end as channel,
        cast(suppressed_at as date) as suppressed_on,
        greatest(known_from, cast(suppressed_at as date)) as valid_from,
        least(known_to, cast(lifted_at as date)) as valid_to
    from {{ ref('int_suppressions_versions') }}
    where _reject_reason is null
),

keys as (
    select
        source,
        source_customer_id,
        key_type,
        key_value
    from {{ ref('int_identity_keys') }}
    where key_type in ('email', 'phone')
),

addresses as (
    select
        *,
        left(email, strpos(email, '@') - 1) as name,
        substr(email, strpos(email, '@') + 1) as domain
    from entries
    where email is not null
),

named as (
    select
        source,
        source_customer_id,
        scope,
        channel,
        suppressed_on,
        valid_from,
        valid_to
    from entries
    where source_customer_id is not null
    union all
    select
        keys.source,
        keys.source_customer_id,
        addresses.scope,
        addresses.channel,
        addresses.suppressed_on,
        addresses.valid_from,
        addresses.valid_to
    from addresses
    left join {{ ref('mail_providers') }} as mail_providers using (domain)
    inner join keys
        on
            keys.key_type = 'email'
            and {{ mailbox('addresses.name', 'addresses.domain', 'mail_providers') }}
            = keys.key_value
    union all
    select
        keys.source,
        keys.source_customer_id,
        entries.scope,
        entries.channel,
        entries.suppressed_on,
        entries.valid_from,
        entries.valid_to
    from entries
    inner join {{ ref('int_phone_numbers') }} as numbers
        on
            entries.phone = numbers.phone
            and numbers.country = '{{ var("default_country") }}'
    inner join keys on keys.key_type = 'phone' and numbers.number = keys.key_value
),

final as (
    select
        source,
        source_customer_id,
        scope,
        channel,
        valid_from,
        valid_to,
        min(suppressed_on) as suppressed_on
    from named
    where valid_from < valid_to
    group by all
)

select * from final
