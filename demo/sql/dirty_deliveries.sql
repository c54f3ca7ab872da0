-- Guest checkouts: these people have a new account for each order, with their own address. Its
-- credit note and its failed payment have the number of the order, and its account.
create or replace temp table guests as
select
    'G' || substr(orders.order_no, 2) as account_no,
    'O' || substr(orders.order_no, 2) as order_no,
    min(orders.drop_day) as drop_day,
    min(orders.ordered_at) as ordered_at,
    any_value(accounts.person_id) as person_id,
from delivered_shop_orders as orders
inner join shop_accounts as accounts on orders.account_no = 'A' || accounts.account_no
where uniform(accounts.person_id, 'dirt guest', 0) < 0.1 * getvariable('dirt')
group by substr(orders.order_no, 2);

update delivered_shop_orders
set account_no = guests.account_no
from guests
where substr(delivered_shop_orders.order_no, 2) = substr(guests.account_no, 2);

insert into delivered_shop_accounts by name
with drawn as (
    select
        guests.*,
        contacts.*,
        hash(guests.order_no) % 1000 as draw_no,
    from guests
    inner join contacts using (person_id)
)

select
    drop_day,
    account_no,
    spelled_email(mail_name, mail_domain, uniform(person_id, 'guest email', draw_no)) as email,
    case
        when uniform(person_id, 'guest phone', draw_no) < 0.3
            then spelled_phone(dialling_code, phone_digits, uniform(person_id, 'guest spelling', draw_no))
    end as phone,
    case
        when uniform(person_id, 'guest named', draw_no) < 0.7
            then spelled_name(given, family, uniform(person_id, 'guest name', draw_no))
    end as full_name,
    strftime(ordered_at, '%Y-%m-%dT%H:%M:%SZ') as created_at,
    false as newsletter,
from drawn;

insert into truth_records
select person_id, 'shop', account_no from guests;

-- Erasures: on a day of the daily drops the record comes once more, with the values that WordPress
-- writes, and never again.
create or replace temp table erasures as
with people as (
    select
        person_id,
        getvariable('history_day') + 1 + floor(
            uniform(person_id, 'dirt erased on', 0)
            * (getvariable('days') - 1 - getvariable('history_day'))
        )::integer as erased_day,
    from contacts
    where
        uniform(person_id, 'dirt erased', 0) < 0.04 * getvariable('dirt')
        and getvariable('history_day') < getvariable('days') - 1
)

select
    truth_records.source,
    truth_records.source_record_id,
    people.erased_day,
from people
inner join truth_records using (person_id)
where truth_records.source <> 'helpdesk';

create or replace temp table erased_accounts as
select accounts.* replace (
    erased_day as drop_day,
    'deleted@site.invalid' as email,
    '0000000000' as phone,
    '[deleted]' as full_name,
    '0000-00-00T00:00:00Z' as created_at
)
from delivered_shop_accounts as accounts
inner join erasures on source = 'shop' and account_no = source_record_id
where accounts.drop_day < erased_day
qualify row_number() over (partition by account_no order by accounts.drop_day desc) = 1;

create or replace temp table erased_contacts as
select customers.* replace (
    erased_day as drop_day,
    'deleted@site.invalid' as email,
    '0000000000' as phone,
    '[deleted]' as name,
    '00.00.0000' as created
)
from delivered_crm_customers as customers
inner join erasures on source = 'crm' and customer_no = source_record_id
where customers.drop_day < erased_day
qualify row_number() over (partition by customer_no order by customers.drop_day desc) = 1;

delete from delivered_shop_accounts
using erased_accounts as erased
where
    delivered_shop_accounts.account_no = erased.account_no
    and delivered_shop_accounts.drop_day >= erased.drop_day;

delete from delivered_crm_customers
using erased_contacts as erased
where
    delivered_crm_customers.customer_no = erased.customer_no
    and delivered_crm_customers.drop_day >= erased.drop_day;

insert into delivered_shop_accounts from erased_accounts;
insert into delivered_crm_customers from erased_contacts;
