{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['source', 'source_customer_id'],
    )
}}

{#-
    Keys and traits of source records in their normal form, with the day on which each became known.

    Keys link records: email, phone and cross_id. A known key stays valid evidence: a customer who
    changes the e-mail address is still the owner of the old one. Traits distinguish people who share a
    key: name and birth_year. An address or number that is no key has a row of unusable_email or
    unusable_phone with the reason, and one of several addresses a row of several_emails.

    When a system erases a person, its record comes again with values such as deleted@site.invalid.
    From that day (known_to) the record's keys link no new record. Their values are replaced by
    hashes and the name by the given name, which keeps the links and separations of earlier days,
    and with them the customer's id.
-#}
with

customers as (
    select
        versions.source,
        versions.source_customer_id,
        versions.email as raw_email,
        {{ first_email('versions.email') }} as email,
        versions.phone,
        coalesce(versions.country, '{{ var("default_country") }}') as country,
        versions.full_name,
        versions.birth_year,
        versions.external_ids,
        {{ as_known('known_from', 'versions') }} as known_from,
        versions._load_id
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

mailbox_words as (
    select * from {{ ref('mailbox_words') }}
),

placeholder_keys as (
    select * from {{ ref('placeholder_keys') }}
),

addresses as (
    select
        source,
        source_customer_id,
        email,
        left(email, strpos(email, '@') - 1) as name,
        substr(email, strpos(email, '@') + 1) as domain,
        translate(left(email, strpos(email, '@') - 1), '.-_', '') as plain_name,
        known_from,
        _load_id
    from customers
    where email is not null
),

emails as (
    select
        addresses.source,
        addresses.source_customer_id,
        {{ mailbox('addresses.name', 'addresses.domain', 'mail_providers') }} as key_value,
        -- user7@example.com may be a person; test7 is not.
        case
            when
                mailbox_words.meaning = 'placeholder'
                or addresses.plain_name = mailbox_words.word
                then mailbox_words.meaning
        end as meaning,
        addresses.email,
        addresses.known_from,
        addresses._load_id
    from addresses
    left join mail_providers using (domain)
    left join mailbox_words
        on {{ mailbox_word('addresses.plain_name') }} = mailbox_words.word
),

judged_emails as (
    select
        emails.*,
        case
            when {{ is_erasure('emails.email') }} then 'erased'
            when {{ is_impossible_domain('emails.email') }} then 'placeholder'
            when emails.meaning = 'placeholder' then 'placeholder'
            when emails.meaning = 'example'
                then case when {{ is_example_domain('emails.email') }} then 'placeholder' end
            when placeholder_keys.key_value is not null then 'placeholder'
        end as fault
    from emails
    left join placeholder_keys
        on
            placeholder_keys.key_type = 'email'
            and emails.key_value = placeholder_keys.key_value
),

phones as (
    select
        customers.source,
        customers.source_customer_id,
        case when placeholder_keys.key_value is null then numbers.number end as key_value,
        customers.phone,
        customers.known_from,
        customers._load_id
    from customers
    inner join {{ ref('int_phone_numbers') }} as numbers using (phone, country)
    left join placeholder_keys
        on
            placeholder_keys.key_type = 'phone'
            and numbers.number = placeholder_keys.key_value
),

named as (
    select
        source,
        source_customer_id,
        {{ normalised_name('full_name') }} as name,
        known_from,
        _load_id
    from customers
    where full_name is not null
),

keys as (
    select
        source,
        source_customer_id,
        'email' as key_type,
        key_value,
        coalesce(meaning = 'role', false) as needs_confirmation,
        known_from,
        _load_id
    from judged_emails
    where fault is null
    union all
    select
        source,
        source_customer_id,
        'phone' as key_type,
        key_value,
        false as needs_confirmation,
        known_from,
        _load_id
    from phones
    where key_value is not null
    union all
    select
        source,
        source_customer_id,
        'cross_id' as key_type,
        unnest(external_ids) as key_value,
        false as needs_confirmation,
        known_from,
        _load_id
    from customers
    union all
    select
        source,
        source_customer_id,
        'name' as key_type,
        name as key_value,
        false as needs_confirmation,
        known_from,
        _load_id
    from named
    where not {{ is_no_person('name') }}
    union all
    select
        source,
        source_customer_id,
        'birth_year' as key_type,
        cast(birth_year as varchar) as key_value,
        false as needs_confirmation,
        known_from,
        _load_id
    from customers
    -- 1900 and 1901 are defaults of forms.
    where birth_year > 1901
),

faults as (
    select
        source,
        source_customer_id,
        'unusable_email' as key_type,
        fault as key_value,
        known_from,
        _load_id
    from judged_emails
    where fault is not null
    union all
    select
        source,
        source_customer_id,
        case when email is null then 'unusable_email' else 'several_emails' end as key_type,
        case when email is null then 'unreadable' else 'first taken' end as key_value,
        known_from,
        _load_id
    from customers
    where
        trim(raw_email) != ''
        and (email is null or regexp_matches(raw_email, '@[^@]+[\s,;|][^@]*@'))
    union all
    select
        source,
        source_customer_id,
        'unusable_phone' as key_type,
        case
            when regexp_full_match(trim(phone), '\d[.,]?\d*[eE]\+?\d+') then 'scientific notation'
            when regexp_matches(phone, '\d{4}') then 'no possible number'
            else 'unreadable'
        end as key_value,
        known_from,
        _load_id
    from phones
    where key_value is null and trim(phone) != ''
),

found as (
    select
        source,
        source_customer_id,
        key_type,
        key_value,
        needs_confirmation,
        known_from,
        date '9999-12-31' as known_to,
        _load_id
    from keys
    union all
    select
        source,
        source_customer_id,
        key_type,
        key_value,
        false as needs_confirmation,
        known_from,
        date '9999-12-31' as known_to,
        _load_id
    from faults
    {%- if is_incremental() %}
    union all
    select
        known.source,
        known.source_customer_id,
        known.key_type,
        known.key_value,
        known.needs_confirmation,
        known.known_from,
        known.known_to,
        known._load_id
    from {{ this }} as known
    semi join customers using (source, source_customer_id)
    {%- endif %}
),

-- A name shows an erasure only where no address contradicts it.
erasures as (
    select
        source,
        source_customer_id,
        list_sort(list(distinct known_from)) as erased_on
    from customers
    where
        {{ is_erasure('raw_email') }}
        or (email is null and {{ is_erasure('full_name') }})
    group by all
),

dated as (
    select
        found.* exclude (known_to),
        case
            when found.key_type in ('email', 'phone', 'name', 'birth_year')
                then least(
                    found.known_to,
                    list_min(list_filter(
                        erasures.erased_on, lambda day: day > found.known_from
                    ))
                )
            else found.known_to
        end as known_to
    from found
    left join erasures using (source, source_customer_id)
),

kept as (
    select
        * exclude (key_value),
        case
            when known_to = date '9999-12-31' then key_value
            when key_type = 'name' then split_part(key_value, ' ', 1)
            when key_type = 'birth_year' or starts_with(key_value, 'erased:') then key_value
            else {{ erased_key('key_type', 'key_value') }}
        end as key_value
    from dated
),

final as (
    select
        source,
        source_customer_id,
        key_type,
        key_value,
        bool_or(needs_confirmation) as needs_confirmation,
        min(known_from) as known_from,
        known_to,
        max(_load_id) as _load_id
    from kept
    group by all
)

select * from final
