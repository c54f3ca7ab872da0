{{ config(materialized='ephemeral') }}

{#-
    Records that share a key and have the same traits: one row per shared key, group and record.

    A record is in the group of the name and birth year that were known on a day: where a trait
    became known later than the key, the record changes its group on that day (valid_to). A key of
    an erased person takes part until the day of the erasure (closed_on). Such records are groups of
    their own, so that a group's first record represents it on every day.
-#}
with

records as (
    select * from {{ ref('int_identity_records') }}
),

keys as (
    select * from {{ ref('int_identity_keys') }}
),

referenced_ids as (
    select distinct
        key_value,
        split_part(key_value, ':', 1) as source,
        substr(key_value, length(split_part(key_value, ':', 1)) + 2) as source_customer_id
    from keys
    where key_type = 'cross_id'
),

erased_keys as (
    select distinct key_value
    from keys
    where known_to < date '9999-12-31' and key_type in ('email', 'phone')
),

erasures as (
    select count(*) as key_count
    from erased_keys
),

record_keys as (
    select
        records.record_no,
        records.source,
        keys.key_type,
        hash(keys.key_type, coalesce(erased_keys.key_value, keys.key_value)) as key_no,
        keys.needs_confirmation,
        greatest(keys.known_from, records.known_from) as known_from,
        keys.known_to as closed_on
    from keys
    inner join records using (source, source_customer_id)
    cross join erasures
    -- An address that one record has lost to an erasure may still be in force for another. Hashes
    -- are computed only where there are erasures.
    left join erased_keys
        on
            case
                when erasures.key_count > 0
                    then {{ erased_key('keys.key_type', 'keys.key_value') }}
            end = erased_keys.key_value
    where keys.key_type in ('email', 'phone', 'cross_id')
    union all
    -- A source record also has the cross-id by which another system refers to it.
    select
        records.record_no,
        records.source,
        'cross_id' as key_type,
        hash('cross_id', referenced_ids.key_value) as key_no,
        false as needs_confirmation,
        records.known_from,
        date '9999-12-31' as closed_on
    from referenced_ids
    inner join records using (source, source_customer_id)
),

shared_keys as (
    select key_no
    from record_keys
    group by key_no
    having min(record_no) != max(record_no)
),

shared as (
    select record_keys.*
    from record_keys
    semi join shared_keys using (key_no)
),

traits as (
    select
        records.record_no,
        keys.key_type,
        keys.key_value,
        greatest(keys.known_from, records.known_from) as known_from
    from keys
    inner join records using (source, source_customer_id)
    where keys.key_type in ('name', 'birth_year')
),

known_traits as (
    select
        record_no,
        any_value(key_value) filter (key_type = 'name') as name,
        any_value(key_value) filter (key_type = 'birth_year') as birth_year,
        min(known_from) as valid_from,
        max(known_from) as changed_on,
        count(*) filter (key_type = 'name') as name_count,
        count(*) filter (key_type = 'birth_year') as birth_year_count
    from traits
    group by record_no
),

records_of_several_traits as (
    select record_no
    from known_traits
    where changed_on > valid_from or name_count > 1 or birth_year_count > 1
),

changed_traits as (
    select traits.*
    from traits
    semi join records_of_several_traits using (record_no)
),

trait_days as (
    select distinct
        record_no,
        known_from as valid_from
    from changed_traits
),

trait_periods as (
    select
        record_no,
        name,
        birth_year,
        valid_from,
        date '9999-12-31' as valid_to
    from known_traits
    anti join trait_days using (record_no)
    union all
    select
        days.record_no,
        arg_max(traits.key_value, (traits.known_from, traits.key_value)) filter (
            traits.key_type = 'name'
        ) as name,
        arg_max(traits.key_value, (traits.known_from, traits.key_value)) filter (
            traits.key_type = 'birth_year'
        ) as birth_year,
        days.valid_from,
        coalesce(
            lead(days.valid_from) over (partition by days.record_no order by days.valid_from),
            date '9999-12-31'
        ) as valid_to
    from trait_days as days
    inner join changed_traits as traits
        on days.record_no = traits.record_no and traits.known_from <= days.valid_from
    group by days.record_no, days.valid_from
),

memberships as (
    -- Cross-ids need no comparison of traits.
    select
        * exclude (known_from),
        null as name,
        null as birth_year,
        known_from as valid_from,
        date '9999-12-31' as valid_to
    from shared
    where key_type = 'cross_id'
    union all
    select
        shared.* exclude (known_from),
        trait_periods.name,
        trait_periods.birth_year,
        greatest(shared.known_from, trait_periods.valid_from) as valid_from,
        trait_periods.valid_to
    from shared
    inner join trait_periods
        on
            shared.record_no = trait_periods.record_no
            and shared.known_from < trait_periods.valid_to
    where shared.key_type != 'cross_id'
    union all
    -- Without any trait, or before the first was known.
    select
        shared.* exclude (known_from),
        null as name,
        null as birth_year,
        shared.known_from as valid_from,
        coalesce(known_traits.valid_from, date '9999-12-31') as valid_to
    from shared
    left join known_traits using (record_no)
    where
        shared.key_type != 'cross_id'
        and shared.known_from < coalesce(known_traits.valid_from, date '9999-12-31')
),

final as (
    select
        key_no,
        key_type,
        needs_confirmation,
        hash(
            name,
            birth_year,
            case
                when valid_to < date '9999-12-31' or closed_on < date '9999-12-31'
                    then (record_no, valid_from)
            end
        ) as group_no,
        record_no,
        source,
        name,
        cast(birth_year as integer) as birth_year,
        valid_from,
        valid_to,
        closed_on
    from memberships
    where valid_from < closed_on
)

select * from final
