-- Behaviour and orders, one row an account and day: features read these and never the rows.
-- Counters are packed into one wide integer, so that one sum adds all of them: filtered sums of its
-- own for each counter and window cost five times as much.
create table if not exists event_days (
    account_no varchar,
    activity_date date,
    first_event_at timestamp,
    has_session boolean,
    counters hugeint  -- 18 bits each: session, view, cart, checkout, e-mail, unsubscribe, failure
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
            when 'unsubscribe' then 1::hugeint << 90
            when 'app_error' then 1::hugeint << 108
            when 'payment_failed' then 1::hugeint << 108
            else 0::hugeint
        end
    ) as counters
from new_events
group by account_no, activity_date;
insert into event_days
select
    account_no,
    activity_date,
    first_event_at,
    counters & 262143 > 0,
    counters
from new_event_days
order by account_no, activity_date;

create table if not exists baskets (
    order_no varchar,
    line_count bigint,
    units double,
    cost_amount decimal(18, 2),
    category_mask integer,
    category_counters hugeint
);
create temp table changed_orders as select distinct order_no from new_order_lines;
create temp table categories as
select
    category,
    cast(md5_number(category) % 12 as integer) as bucket
from (select distinct category from order_lines where category is not null);
delete from baskets where order_no in (from changed_orders);
-- Twelve category counters of ten bits each in one wide integer, so that one sum adds them all.
insert into baskets
select
    order_no,
    count(*),
    sum(quantity),
    cast(sum(quantity * cost) as decimal(18, 2)),
    coalesce(bit_or(1 << bucket), 0),
    sum(distinct 1::hugeint << (bucket * 10))
from order_lines
semi join changed_orders using (order_no)
left join categories using (category)
group by order_no;

create table if not exists order_days (
    account_no varchar,
    activity_date date,
    voided_on date,
    is_purchase boolean,
    -- 20 bits each: orders, coupon orders, discounted orders, lines, refunds, cancellations
    counters hugeint,
    -- 20 bits each: whether there is a gap, the gap, the gap squared
    gaps hugeint,
    gap_days integer,
    gross_amount decimal(18, 2),
    discount_amount decimal(18, 2),
    net_amount decimal(18, 2),
    units double,
    margin_amount decimal(18, 2),
    refunded_amount decimal(18, 2),
    category_mask integer,
    category_counters hugeint
);
create temp table changed_accounts as
select distinct account_no from new_orders where account_no is not null
union
select distinct orders.account_no from orders semi join changed_orders using (order_no);
delete from order_days where account_no in (from changed_accounts);
create temp table changed_account_orders as
from orders semi join changed_accounts using (account_no);
insert into order_days by name
with purchase_days as (
    select
        account_no,
        cast(ordered_at as date) as activity_date,
        voided_on,
        count(*) as orders,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount,
        count_if(coupon_code is not null) as coupon_orders,
        count_if(discount_amount > 0 or coupon_code is not null) as discounted_orders,
        sum(units) as units,
        sum(line_count) as line_count,
        sum(net_amount - cost_amount) as margin_amount,
        bit_or(category_mask) as category_mask,
        sum(category_counters) as category_counters
    from changed_account_orders
    left join baskets using (order_no)
    where cast(ordered_at as date) < voided_on
    group by account_no, activity_date, voided_on
),
spaced as (
    select
        *,
        activity_date - lag(activity_date) over (
            partition by account_no order by activity_date, voided_on
        ) as gap_days
    from purchase_days
),
refund_days as (
    select
        account_no,
        cast(refunded_at as date) as activity_date,
        date '9999-12-31' as voided_on,
        count(*) as refunds,
        sum(coalesce(refunded_amount, net_amount)) as refunded_amount
    from changed_account_orders
    where status = 'refunded' and refunded_at is not null
    group by all
),
cancellation_days as (
    select
        account_no,
        cast(cancelled_at as date) as activity_date,
        date '9999-12-31' as voided_on,
        count(*) as cancellations
    from changed_account_orders
    where status = 'cancelled' and cancelled_at is not null
    group by all
),
all_days as (
    select * from spaced
    union all by name
    select * from refund_days
    union all by name
    select * from cancellation_days
)
select
    account_no,
    activity_date,
    voided_on,
    orders is not null as is_purchase,
    coalesce(orders, 0)::hugeint
    + (coalesce(coupon_orders, 0)::hugeint << 20)
    + (coalesce(discounted_orders, 0)::hugeint << 40)
    + (coalesce(line_count, 0)::hugeint << 60)
    + (coalesce(refunds, 0)::hugeint << 80)
    + (coalesce(cancellations, 0)::hugeint << 100) as counters,
    case
        when gap_days is not null
            then 1 + (gap_days::hugeint << 20) + ((gap_days * gap_days)::hugeint << 50)
    end as gaps,
    gap_days,
    gross_amount,
    discount_amount,
    net_amount,
    units,
    margin_amount,
    refunded_amount,
    category_mask,
    category_counters
from all_days
order by account_no, activity_date;
