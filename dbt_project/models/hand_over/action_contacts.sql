{#-
    Contacts of the customers with a treatment that has not expired: one row per customer and action,
    under the id of the decision, with the attributes of the customer to whom that id belongs now,
    and whether that customer may be contacted now. Personal data: the table stays in the working
    file, and the hand-over reads it.

    A customer one of whose records was erased in its source, or none of whose records is left, has
    no contact at all (is_erased), also where another source still has one.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

decided as (
    select distinct
        decisions.customer_id,
        decisions.action_id,
        records.customer_id as current_customer_id
    from {{ ref('stg_ml__action_decisions') }} as decisions
    inner join as_of
        on
            decisions.snapshot_date <= as_of.as_of_date
            and as_of.as_of_date < decisions.expires_on
    left join {{ ref('int_identity_history') }} as records
        on
            decisions.customer_id = records.own_customer_id
            and records.valid_from <= as_of.as_of_date
            and as_of.as_of_date < records.valid_to
    where decisions.arm = 'treatment'
),

-- Of these customers alone: reading the profiles of all costs a large company seconds a day.
identities as (
    select identities.*
    from ({{ current_identities() }}) as identities
    semi join decided on identities.customer_id = decided.current_customer_id
),

profiles as (
    {{ current_profiles([
        'email', 'phone', 'full_name', 'country', 'city',
    ]) }}
),

-- The newest version of each record known by the as-of date, also of a record deleted since.
newest_versions as (
    select
        identities.customer_id,
        versions.email,
        versions.full_name
    from {{ ref('int_customers_versions') }} as versions
    inner join identities using (source, source_customer_id)
    cross join as_of
    where
        versions._reject_reason is null
        and versions.known_from <= as_of.as_of_date
    qualify row_number() over (
        partition by versions.source, versions.source_customer_id
        order by versions.known_from desc, versions._load_id desc, versions._row desc
    ) = 1
),

-- As in int_identity_keys: a name shows an erasure only where no address contradicts it.
erased as (
    select distinct customer_id
    from newest_versions
    where
        {{ is_erasure('email') }}
        or (email is null and {{ is_erasure('full_name') }})
),

numbers as (
    select
        phone,
        country,
        number
    from {{ ref('int_phone_numbers') }}
),

readable as (
    select
        profiles.* exclude (email, phone),
        {{ first_email('profiles.email') }} as email,
        numbers.number as phone
    from profiles
    left join numbers
        on
            profiles.phone = numbers.phone
            and coalesce(profiles.country, '{{ var("default_country") }}') = numbers.country
),

attributes as (
    select
        customer_id,
        {{ latest_value('email') }} as email,
        {{ latest_value('phone') }} as phone,
        {{ latest_value('full_name') }} as full_name,
        {{ latest_value('country') }} as country,
        {{ latest_value('city') }} as city
    from readable
    group by customer_id
),

-- An action that the catalogue no longer has needs a consent that nobody can have given.
intended as (
    select distinct
        decided.current_customer_id as customer_id,
        decided.action_id,
        catalogue.consent_purpose,
        catalogue.channel
    from decided
    inner join {{ ref('action_catalogue') }} as catalogue using (action_id)
),

permitted as (
    select
        intended.customer_id,
        intended.action_id,
        {{ has_consent('intended.consent_purpose') }}
        and not exists (
            select 1
            from {{ ref('int_unreadable_refusals') }} as refusals
            where refusals.customer_id = intended.customer_id
        ) as has_consent,
        exists(
            select 1
            from {{ ref('customer_suppressions') }} as suppressions
            where
                suppressions.customer_id = intended.customer_id
                and (
                    suppressions.scope = 'profile'
                    or suppressions.channel in ('any', intended.channel)
                )
        ) as is_suppressed
    from intended
    {{ join_consents('intended') }}
),

final as (
    select
        decided.customer_id,
        decided.action_id,
        attributes.email,
        attributes.phone,
        attributes.full_name,
        attributes.country,
        attributes.city,
        coalesce(permitted.has_consent, false) as has_consent,
        coalesce(permitted.is_suppressed, false) as is_suppressed,
        attributes.customer_id is null as is_erased
    from decided
    left join (
        select * from attributes
        anti join erased using (customer_id)
    ) as attributes
        on decided.current_customer_id = attributes.customer_id
    left join permitted
        on
            decided.current_customer_id = permitted.customer_id
            and decided.action_id = permitted.action_id
)

select * from final
