-- Daily aggregates of events and orders, one row an account and day; features read only these.
-- Event counters are packed into one wide integer, so that one sum adds all of them: a filtered sum
-- for each counter and window costs four to five times as much.
create table if not exists event_days (
    account_no varchar,
    activity_date date,
    first_event_at timestamp,
    counters hugeint  -- 18 bits each: session, product view, cart, checkout, e-mail, failure
);
create temp table new_event_days as
select
    account_no,
    cast(occurred_at as date) as activity_date,
    min(occurred_at) as first_event_at,
    sum(
        case event_type
            when 'session' then 1::hugeint
            when 'product_view' then 1::hugeint << 18
            when 'add_to_cart' then 1::hugeint << 36
            when 'checkout' then 1::hugeint << 54
            when 'email_open' then 1::hugeint << 72
            when 'payment_failed' then 1::hugeint << 90
            else 0::hugeint
        end
    ) as counters
from new_events
group by account_no, activity_date;
insert into event_days from new_event_days order by account_no, activity_date;

create table if not exists order_days (
    account_no varchar,
    activity_date date,
    voided_on date,
    orders integer,
    discounted_orders integer,
    units double,
    gross_amount decimal(18, 2),
    discount_amount decimal(18, 2),
    net_amount decimal(18, 2),
    gap_days integer
);
create temp table changed_accounts as
select account_no from new_orders where account_no is not null
union
select orders.account_no
from orders
inner join new_order_lines using (order_no)
where orders.account_no is not null;
delete from order_days where account_no in (from changed_accounts);
insert into order_days by name
with baskets as (
    select order_no, sum(quantity) as units
    from order_lines
    where order_no in (select order_no from orders semi join changed_accounts using (account_no))
    group by order_no
)
select
    account_no,
    cast(ordered_at as date) as activity_date,
    voided_on,
    count(*) as orders,
    count_if(discount_amount > 0 or coupon_code is not null) as discounted_orders,
    sum(units) as units,
    sum(gross_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    sum(net_amount) as net_amount,
    cast(ordered_at as date) - lag(cast(ordered_at as date)) over (
        partition by account_no order by cast(ordered_at as date), voided_on
    ) as gap_days
from orders
semi join changed_accounts using (account_no)
left join baskets using (order_no)
where cast(ordered_at as date) < voided_on
group by account_no, cast(ordered_at as date), voided_on
order by account_no, activity_date;
