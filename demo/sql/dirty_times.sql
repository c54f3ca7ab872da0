-- Times as different programs write them. Those that say too little are unreadable: a year of two
-- digits beside full dates, the serial number of a spreadsheet, the year 9999. The bad rows of every
-- demo stay as they are.
create table if not exists truth_times (
    source varchar,
    table_name varchar,
    row_key varchar,
    spelling varchar,
    happened_at timestamp,
    is_readable boolean
);

create or replace temp table order_times as
select
    *,
    case
        when share < 0.04 then 'offset'
        when share < 0.06 then 'offset without a colon'
        when share < 0.08 then 'seconds'
        when share < 0.10 then 'milliseconds'
        when share < 0.12 then 'microseconds'
        when share < 0.13 then 'two digits of a year'
        when share < 0.14 then 'serial number'
        when share < 0.15 then 'year 9999'
    end as spelling,
from (
    select
        'O' || order_no as order_no,
        make_timestamp(local_us - utc_offset_us) as ordered_at,
        make_timestamp(local_us) as local_at,
        utc_offset_us // 3600000000 as offset_hours,
        uniform(person_id, 'dirt order time', occasion_no) / getvariable('dirt') as share,
    from orders
    where day_no >= 14
);

create or replace table delivered_shop_orders as
select orders.* replace (
    case spelling
        when 'offset' then strftime(local_at, '%Y-%m-%dT%H:%M:%S') || '+0' || offset_hours || ':00'
        when 'offset without a colon'
            then strftime(local_at, '%Y-%m-%d %H:%M:%S') || ' +0' || offset_hours || '00'
        when 'seconds' then epoch(orders.ordered_at)::bigint::varchar
        when 'milliseconds' then epoch_ms(orders.ordered_at)::varchar
        when 'microseconds' then epoch_us(orders.ordered_at)::varchar
        when 'two digits of a year' then strftime(local_at, '%d/%m/%y')
        when 'serial number'
            then round(epoch(local_at - timestamp '1899-12-30') / 86400, 5)::varchar
        when 'year 9999' then '9999-12-31 00:00:00'
        else strftime(orders.ordered_at, '%Y-%m-%d %H:%M:%S')
    end as ordered_at
)
from delivered_shop_orders as orders
left join order_times on orders.order_no = order_times.order_no and spelling is not null;

insert into truth_times
select
    'shop', 'orders', order_no, spelling, ordered_at,
    spelling not in ('two digits of a year', 'serial number', 'year 9999'),
from order_times
where spelling is not null;

-- The help desk counts milliseconds since 1970, and after a change of its program other units.
create or replace temp table ticket_times as
select
    *,
    case
        when share < 0.05 then 'seconds'
        when share < 0.10 then 'microseconds'
        when share < 0.11 then 'serial number'
    end as spelling,
from (
    select
        ticket_number as ticket_id,
        opened_us - utc_offset_us as opened_us,
        uniform(person_id, 'dirt ticket time', ticket_no) / getvariable('dirt') as share,
    from tickets
);

update delivered_helpdesk_tickets
set opened = case spelling
    when 'seconds' then (opened_us // 1000000)::json
    when 'microseconds' then opened_us::json
    when 'serial number'
        then round(25569 + opened_us / 86400000000, 5)::json
end
from (select ticket_id, opened_us, spelling from ticket_times where spelling is not null) as spelled
where delivered_helpdesk_tickets.ticket_id = spelled.ticket_id;

insert into truth_times
select
    'helpdesk', 'tickets', ticket_id::varchar, spelling, make_timestamp(opened_us),
    spelling <> 'serial number',
from ticket_times
where spelling is not null;

-- The CRM's days and times, sometimes with two digits of a year.
update delivered_crm_touches
set sent_at = sent_at[:6] || sent_at[9:]
where
    regexp_full_match(sent_at, '\d\d\.\d\d\.20\d\d \d\d:\d\d')
    and hash(contact_id) % 1000 < 100 * getvariable('dirt');

update delivered_crm_customers
set created = created[:6] || created[9:]
where
    regexp_full_match(created, '\d\d\.\d\d\.20\d\d')
    and hash(customer_no) % 1000 < 100 * getvariable('dirt');
