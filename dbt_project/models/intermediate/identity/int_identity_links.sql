{{ config(materialized='ephemeral') }}

{#-
    Pairs of records that a shared key or a decision of the deployment makes one person, by validity
    interval (valid_from <= day < valid_to).

    A key is no proof by itself. Groups of records that share it are compared by their names and
    birth years (macro name_agreement), and linked as follows:

    - e-mail: unless given names are of two people, or birth years of two people;
    - e-mail of a role (info@, seeds/mailbox_words.csv): only with the same full name;
    - phone: as e-mail, and similar given names (Paul, Paula) are two people of a household;
    - cross_id and always_same: always.

    A record that fits two people who contradict each other is linked with the one for whom there is
    more evidence, and with neither where the evidence is equal. A key that more than
    max_records_per_key people of one source share (a shop's own number) links nothing from the day
    on which that is known. Given names distinguish people; nameless records of a phone are
    distinguished by their addresses, and by turns in which they order. One person's many records,
    such as guest checkouts one after the other, are no such people.
-#}
{%- set most_people = var('max_records_per_key') -%}
with

memberships as (
    select * from {{ ref('int_identity_groups') }}
),

given_names as (
    select
        {{ folded('short_name') }} as short_name,
        {{ folded('given_name') }} as given_name
    from {{ ref('given_names') }}
),

groups as (
    select
        key_no,
        group_no,
        any_value(key_type) as key_type,
        bool_or(needs_confirmation) as needs_confirmation,
        arg_min(record_no, (valid_from, record_no)) as first_record_no,
        min(valid_from) as valid_from,
        any_value(valid_to) as valid_to,
        any_value(closed_on) as closed_on,
        any_value(name) as name,
        any_value(birth_year) as birth_year,
        count(*) as record_count
    from memberships
    group by key_no, group_no
),

crowded_keys as (
    select
        key_no,
        source
    from memberships
    where key_type in ('email', 'phone')
    group by all
    having count(*) > {{ most_people }}
),

crowd as (
    select memberships.*
    from memberships
    semi join crowded_keys using (key_no, source)
),

-- Addresses tell nameless records of one phone apart.
addresses as (
    select
        records.record_no,
        min(keys.key_value) as address
    from {{ ref('int_identity_keys') }} as keys
    inner join {{ ref('int_identity_records') }} as records using (source, source_customer_id)
    semi join crowd on records.record_no = crowd.record_no
    where keys.key_type = 'email'
    group by records.record_no
),

labels as (
    select
        crowd.key_no,
        crowd.source,
        crowd.name is not null as is_named,
        coalesce(split_part(crowd.name, ' ', 1), addresses.address) as label,
        min(crowd.valid_from) as known_from,
        min((crowd.valid_from, crowd.record_no)) as seniority
    from crowd
    left join addresses using (record_no)
    where
        crowd.name is not null
        or (crowd.key_type = 'phone' and addresses.address is not null)
    group by all
),

ranked_labels as (
    select
        *,
        first(label) over (
            partition by key_no, source, is_named order by seniority
        ) as first_label
    from labels
),

over_shared_keys as (
    select
        key_no,
        list_sort(list(known_from))[{{ most_people }}] as over_shared_from
    from ranked_labels
    where
        not is_named and label != first_label
        or is_named
        and not starts_with(label, first_label)
        and not starts_with(first_label, label)
        and not (length(label) >= 4 and damerau_levenshtein(label, first_label) <= 1)
    group by key_no, source, is_named
    having count(*) >= {{ most_people }}
),

-- Orders of nameless records, in the order of time. A buyer's guest checkouts follow each other;
-- where many records come back after others have ordered, many people use the key.
uses as (
    select
        crowd.key_no,
        crowd.source,
        crowd.record_no,
        orders.ordered_at,
        min({{ as_known('known_from', 'orders') }}) as known_from
    from {{ ref('int_orders_versions') }} as orders
    inner join {{ ref('int_identity_records') }} as records using (source, source_customer_id)
    inner join crowd on records.record_no = crowd.record_no
    where orders._reject_reason is null and crowd.name is null
    group by all
),

turns as (
    select
        key_no,
        source,
        record_no,
        ordered_at,
        coalesce(record_no != lag(record_no) over key_uses, true) as is_turn,
        max(known_from) over key_uses as known_from
    from uses
    window key_uses as (partition by key_no, source order by ordered_at, record_no)
),

numbered_turns as (
    select
        *,
        row_number() over (partition by key_no, source, record_no order by ordered_at) as turn_no
    from turns
    where is_turn
),

returns as (
    select
        key_no,
        source,
        record_no,
        min(known_from) as known_from
    from numbered_turns
    where turn_no > 1
    group by all
),

key_limits as (
    select
        key_no,
        min(over_shared_from) as over_shared_from
    from (
        select
            key_no,
            over_shared_from
        from over_shared_keys
        union all
        select
            key_no,
            list_sort(list(known_from))[{{ most_people + 1 }}] as over_shared_from
        from returns
        group by key_no, source
        having count(*) > {{ most_people }}
    ) as limits
    group by key_no
),

divided_keys as (
    select key_no
    from groups
    group by key_no
    having count(*) > 1
),

people as (
    select
        groups.*,
        string_split(groups.name, ' ') as tokens,
        coalesce(given_names.given_name, split_part(groups.name, ' ', 1)) as given_name,
        coalesce(key_limits.over_shared_from, date '9999-12-31') as over_shared_from
    from groups
    semi join divided_keys using (key_no)
    left join key_limits using (key_no)
    left join given_names
        on split_part(groups.name, ' ', 1) = given_names.short_name
    where groups.valid_from < coalesce(key_limits.over_shared_from, date '9999-12-31')
),

pairs as (
    select
        one.key_no,
        one.key_type,
        one.needs_confirmation,
        one.first_record_no as record_no,
        other.first_record_no as other_record_no,
        greatest(one.valid_from, other.valid_from) as valid_from,
        least(one.valid_to, other.valid_to, one.over_shared_from) as valid_to,
        {{ name_agreement('one', 'other') }} as name_agreement,
        one.name = other.name as has_same_name,
        one.tokens[-1] = other.tokens[-1]
        or list_sort(one.tokens) = list_sort(other.tokens) as has_same_family_name,
        {{ birth_years_differ('one', 'other') }} as has_other_birth_year
    from people as one
    inner join people as other
        on
            one.key_no = other.key_no
            and one.group_no < other.group_no
            and one.first_record_no != other.first_record_no
    where
        greatest(one.valid_from, other.valid_from) < least(
            one.valid_to, other.valid_to, one.closed_on, other.closed_on
        )
),

-- Keys of people who contradict each other: a record without a name may be any of them.
disputed_keys as (
    select
        key_no,
        min(valid_from) as disputed_from
    from pairs
    where name_agreement = 0 or has_other_birth_year
    group by key_no
),

group_links as (
    select
        pairs.record_no,
        pairs.other_record_no,
        pairs.valid_from,
        case
            when pairs.name_agreement is null and pairs.key_type != 'cross_id'
                then least(pairs.valid_to, disputed_keys.disputed_from)
            else pairs.valid_to
        end as valid_to,
        case
            when pairs.key_type = 'cross_id' then 4
            when pairs.name_agreement = 3 then 3
            when pairs.key_type = 'email' then 2
            else 1
        end as strength
    from pairs
    left join disputed_keys using (key_no)
    where
        case
            when key_type = 'cross_id' then true
            when has_other_birth_year
                then
                    key_type = 'email'
                    and not needs_confirmation
                    and coalesce(has_same_name, false)
            when needs_confirmation
                then coalesce(name_agreement = 3 and has_same_family_name, false)
            when key_type = 'email' then coalesce(name_agreement, 1) >= 1
            else coalesce(name_agreement, 2) >= 2
        end
),

record_traits as (
    select
        first_record_no as record_no,
        name,
        tokens,
        given_name,
        birth_year,
        min(valid_from) as valid_from
    from people
    where name is not null or birth_year is not null
    group by all
),

-- Links of a record (record_no) with others (other_record_no) that its own traits do not decide.
open_links as (
    select
        *,
        record_no as undecided_no,
        other_record_no as person_no
    from group_links
    where strength < 3
    union all
    select
        *,
        other_record_no as undecided_no,
        record_no as person_no
    from group_links
    where strength < 3
),

rival_links as (
    select
        record_no as undecided_no,
        other_record_no as person_no,
        valid_from,
        strength
    from group_links
    semi join open_links on group_links.record_no = open_links.undecided_no
    union all
    select
        other_record_no as undecided_no,
        record_no as person_no,
        valid_from,
        strength
    from group_links
    semi join open_links on group_links.other_record_no = open_links.undecided_no
),

undecided as (
    select
        open_links.record_no,
        open_links.other_record_no,
        open_links.strength,
        min(greatest(open_links.valid_from, rival_links.valid_from)) as undecided_from
    from open_links
    inner join rival_links
        on
            open_links.undecided_no = rival_links.undecided_no
            and open_links.person_no != rival_links.person_no
            and open_links.strength <= rival_links.strength
    inner join record_traits as one on open_links.person_no = one.record_no
    inner join record_traits as other on rival_links.person_no = other.record_no
    where
        {{ name_agreement('one', 'other') }} = 0
        or {{ birth_years_differ('one', 'other') }}
    group by all
),

decided_links as (
    select
        group_links.record_no,
        group_links.other_record_no,
        group_links.valid_from,
        least(group_links.valid_to, undecided.undecided_from) as valid_to
    from group_links
    left join undecided using (record_no, other_record_no, strength)
),

links as (
    select * from decided_links
    union all
    -- One star per group, from its first record to the others: the same components with the fewest
    -- links.
    select
        groups.first_record_no as record_no,
        memberships.record_no as other_record_no,
        memberships.valid_from,
        coalesce(key_limits.over_shared_from, date '9999-12-31') as valid_to
    from memberships
    inner join groups using (key_no, group_no)
    left join key_limits using (key_no)
    where
        groups.record_count > 1
        and memberships.record_no != groups.first_record_no
        and (not groups.needs_confirmation or groups.name is not null)
    union all
    select
        record_no,
        other_record_no,
        valid_from,
        date '9999-12-31' as valid_to
    from {{ ref('int_identity_decisions') }}
    where decision = 'always_same'
),

final as (
    select
        record_no,
        other_record_no,
        valid_from,
        valid_to
    from links
    where valid_from < valid_to
)

select * from final
