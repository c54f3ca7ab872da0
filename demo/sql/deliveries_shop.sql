-- Exports of the shop by drop, times in UTC.
create or replace table delivered_shop_accounts as
with moments as (
    select account_no, unnest([created_day, unsubscribed_day]) as day_no, created_day
    from shop_accounts
),

deliveries as (
    select distinct
        account_no,
        greatest(day_no, getvariable('history_day')) as drop_day,
    from moments
    where day_no >= created_day and day_no < getvariable('days')
)

select
    drop_day,
    'A' || account_no as account_no,
    email,
    phone,
    full_name,
    strftime(
        make_timestamp(
            midnight_us - utc_offset_us
            + second_of_day_us(uniform(accounts.person_id, 'account time', record_no))
        ),
        '%Y-%m-%dT%H:%M:%SZ'
    ) as created_at,
    newsletter and coalesce(unsubscribed_day > drop_day, true) as newsletter,
from deliveries
inner join shop_accounts as accounts using (account_no)
inner join calendar on accounts.created_day = calendar.day_no;

create or replace table order_totals as
select
    order_no,
    sum(quantity * unit_price)::decimal(18, 2) as gross_amount,
from order_lines
group by order_no;

create or replace table delivered_shop_orders as
with moments as (
    select order_no, unnest([day_no, settled_day, cancelled_day, refunded_day]) as day_no
    from orders
),

deliveries as (
    select distinct
        order_no,
        greatest(day_no, getvariable('history_day')) as drop_day,
    from moments
    where day_no < getvariable('days')
),

valued as (
    select
        orders.*,
        orders.local_us - orders.utc_offset_us as utc_us,
        order_totals.gross_amount,
        (order_totals.gross_amount * discount_share)::decimal(18, 2) as discount_amount,
        account_periods.account_no,
    from orders
    inner join order_totals using (order_no)
    inner join account_periods
        on
            orders.person_id = account_periods.person_id
            and orders.day_no >= from_day and orders.day_no < to_day
)

select
    drop_day,
    'O' || order_no as order_no,
    account_no,
    make_timestamp(utc_us) as ordered_at,
    case
        when refunded_day <= drop_day then 'refunded'
        when cancelled_day <= drop_day then 'cancelled'
        when settled_day <= drop_day then 'completed'
        else 'open'
    end as status,
    'EUR' as currency,
    gross_amount,
    discount_amount,
    (gross_amount - discount_amount)::decimal(18, 2) as net_amount,
    coupon_code,
    sales_channel,
    -- At the order's time of day plus ten minutes, so a same-day cancellation follows its order.
    case
        when cancelled_day <= drop_day
            then make_timestamp(
                utc_us + (cancelled_day - valued.day_no) * 86400000000 + 600000000
            )
    end as cancelled_at,
    case
        when refunded_day <= drop_day
            then make_timestamp(utc_us + (refunded_day - valued.day_no) * 86400000000)
    end as refunded_at,
    case
        when refunded_day <= drop_day
            then ((gross_amount - discount_amount) * case when is_partly_refunded then 0.5 else 1 end)
            ::decimal(18, 2)
    end as refunded_amount,
from deliveries
inner join valued using (order_no);

create or replace table delivered_shop_order_lines as
select
    greatest(orders.day_no, getvariable('history_day')) as drop_day,
    'O' || orders.order_no as order_no,
    line_no + 1 as line_no,
    product_id,
    product_name,
    category,
    quantity,
    unit_price,
    cost,
from order_lines
inner join orders using (order_no);

create or replace table delivered_shop_events as
select
    greatest(events.day_no, getvariable('history_day')) as drop_day,
    event_no::varchar as event_id,
    account_no,
    make_timestamp(local_us - utc_offset_us) as occurred_at,
    event_type,
    product_id,
    value,
from events
inner join calendar on events.day_no = calendar.day_no
inner join account_periods
    on
        events.person_id = account_periods.person_id
        and events.day_no >= from_day and events.day_no < to_day
left join products on events.product_no = products.product_no;

create or replace table delivered_shop_reviews as
select
    greatest(reviews.day_no, getvariable('history_day')) as drop_day,
    'R' || review_no as review_id,
    'O' || order_no as order_no,
    account_no,
    strftime(make_timestamp(local_us - utc_offset_us), '%Y-%m-%dT%H:%M:%SZ') as created_at,
    rating::json as rating,
    text,
from reviews
inner join account_periods
    on
        reviews.person_id = account_periods.person_id
        and reviews.day_no >= from_day and reviews.day_no < to_day;
