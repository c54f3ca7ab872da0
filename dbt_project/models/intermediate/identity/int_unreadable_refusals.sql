{#-
    Customers with a refusal that cannot be read, on the as-of date: one row per customer. A rejected
    answer that is not a yes is taken for a no to every purpose and channel, because a doubt forbids.

    A rejected row counts until its file is corrected, its source no longer has it, or a later row
    with its key is accepted. A row that only repeats the key of another row of its file is not one:
    the other row counts. A yes that cannot be read grants nothing, and is no refusal.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

identities as (
    {{ current_identities() }}
),

entries as (
    select
        versions.source,
        versions.source_consent_id,
        versions.source_customer_id,
        versions._load_id,
        versions._row,
        versions.known_from,
        versions.known_to,
        versions.is_granted,
        versions._row_reason is not null as is_unreadable,
        as_of.as_of_date
    from {{ ref('int_consents_versions') }} as versions
    inner join as_of on versions.known_from <= as_of.as_of_date
),

unreadable as (
    select *
    from entries
    where
        is_unreadable
        and is_granted is distinct from true
        and as_of_date < known_to
),

corrections as (
    select
        source,
        source_consent_id,
        _load_id,
        _row
    from entries
    where not is_unreadable
),

final as (
    select
        identities.customer_id,
        min(unreadable.known_from) as refused_on
    from unreadable
    inner join identities using (source, source_customer_id)
    where
        not exists (
            select 1
            from corrections
            where
                corrections.source = unreadable.source
                and corrections.source_consent_id = unreadable.source_consent_id
                and (corrections._load_id, corrections._row)
                > (unreadable._load_id, unreadable._row)
        )
    group by identities.customer_id
)

select * from final
