-- Who is who: records of the three systems linked by e-mail, phone and cross-id.
create temp table mentions as
select source, source_customer_id, created_at as seen_at from new_customers
union all
select 'shop', account_no, ordered_at from new_orders where account_no is not null
union all
select 'helpdesk', requester_id, opened_at from new_tickets
union all
select source, source_customer_id, created_at from new_feedback
union all
select 'crm', customer_no, sent_at from new_touches
union all
select 'shop', account_no, first_event_at from new_event_days;
create or replace table records as
select
    source,
    source_customer_id,
    min(known_from) as known_from,
    min(first_seen_at) as first_seen_at
from (
    select * from records
    union all
    select source, source_customer_id, getvariable('known_from'), seen_at from mentions
)
group by all;

create temp table mail_providers as from read_csv(getvariable('seeds') || '/mail_providers.csv');
create temp table dialling_codes as
from read_csv(getvariable('seeds') || '/dialling_codes.csv', all_varchar = true);
create temp table placeholder_keys as
from read_csv(getvariable('seeds') || '/placeholder_keys.csv', all_varchar = true);

create temp table new_keys as
with mailboxes as (
    select
        source,
        source_customer_id,
        split_part(lower(trim(email)), '@', 1) as mailbox,
        split_part(lower(trim(email)), '@', 2) as domain
    from new_customers
    where regexp_full_match(trim(email), '[^@\s]+@[^@\s]+\.[^@\s.]+')
),
numbers as (
    select
        source,
        source_customer_id,
        coalesce(country, 'DE') as country,
        regexp_replace(replace(phone, '(0)', ''), '[^0-9+]', '', 'g') as dialled,
        replace(dialled, '+', '') as digits
    from new_customers
    where length(regexp_replace(phone, '[^0-9]', '', 'g')) between 7 and 17
)
select
    source,
    source_customer_id,
    'email' as key_type,
    case
        when ignores_dots then replace(split_part(mailbox, '+', 1), '.', '')
        when ignores_tags then split_part(mailbox, '+', 1)
        else mailbox
    end || '@' || coalesce(mailbox_domain, domain) as key_value
from mailboxes
left join mail_providers using (domain)
union
select
    source,
    source_customer_id,
    'phone',
    '+' || case
        when starts_with(dialled, '+') then ltrim(digits, '0')
        when starts_with(dialled, '00') then substr(digits, 3)
        when starts_with(dialled, trunk_prefix)
            then code || substr(dialled, length(trunk_prefix) + 1)
        when trunk_prefix is null or length(dialled) <= cast(national_digits as integer)
            then code || dialled
        else dialled
    end
from numbers
inner join dialling_codes using (country)
union
select source, source_customer_id, 'cross_id', cross_id
from new_customers
where cross_id is not null;
insert into record_keys
select * from new_keys
anti join placeholder_keys using (key_type, key_value)
anti join record_keys using (source, source_customer_id, key_type, key_value);

create temp table numbered as
select
    *,
    row_number() over (order by known_from, source, source_customer_id) as record_no
from records;
create temp table links as
select record_no, source, key_type, key_value
from record_keys
inner join numbered using (source, source_customer_id)
union
select record_no, numbered.source, key_type, key_value
from numbered
inner join record_keys
    on key_type = 'cross_id' and key_value = numbered.source || ':' || numbered.source_customer_id;
-- A key that more than three records of one system share says nothing of who somebody is.
create temp table over_shared as
select distinct key_type, key_value from (
    select key_type, key_value from links group by source, key_type, key_value having count(*) > 3
);
-- Records of one e-mail address are one group, which leaves a tenth of the edges to follow.
create temp table grouped as
select
    record_no,
    coalesce(group_no, record_no) as group_no
from numbered
left join (
    select record_no, min(first_no) as group_no
    from (
        select record_no, min(record_no) over (partition by key_value) as first_no
        from links
        anti join over_shared using (key_type, key_value)
        where key_type = 'email'
    )
    group by record_no
) using (record_no);
create temp table edges as
with shared as (
    select distinct group_no, key_type, key_value
    from links
    inner join grouped using (record_no)
    anti join over_shared using (key_type, key_value)
),
stars as (
    select min(group_no) over (partition by key_type, key_value) as center, group_no
    from shared
)
select center as node, group_no as neighbour from stars where center != group_no
union
select group_no, center from stars where center != group_no;

create or replace table identities as
with recursive components (node, component) using key (node) as (
    select distinct node, node as component from edges
    union
    select reached.node, min(spread.component)
    from components as spread
    inner join edges on spread.node = edges.node
    inner join recurring.components as reached on edges.neighbour = reached.node
    where spread.component < reached.component
    group by reached.node
)
select
    numbered.record_no,
    numbered.source,
    numbered.source_customer_id,
    oldest.record_no as customer_no,
    'c' || left(md5(oldest.source || ':' || oldest.source_customer_id), 15) as customer_id,
    numbered.first_seen_at
from numbered
inner join grouped using (record_no)
left join components on grouped.group_no = components.node
inner join numbered as oldest
    on coalesce(components.component, grouped.group_no) = oldest.record_no;
