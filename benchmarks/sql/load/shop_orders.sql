create temp view delivered_orders as
select
    order_no,
    account_no,
    local_time(ordered_at) as ordered_at,
    status,
    currency,
    gross_amount,
    discount_amount,
    net_amount,
    coupon_code,
    sales_channel,
    local_time(cancelled_at) as cancelled_at,
    local_time(refunded_at) as refunded_at,
    refunded_amount,
    case
        when status = 'cancelled'
            then coalesce(cast(local_time(files.cancelled_at) as date), date '0001-01-01')
        when status = 'refunded' and coalesce(refunded_amount, net_amount) >= net_amount
            then coalesce(cast(local_time(files.refunded_at) as date), date '0001-01-01')
        else date '9999-12-31'
    end as voided_on,
    getvariable('load_no') as load_no
from read_parquet(getvariable('files')) as files
where
    order_no is not null
    and files.ordered_at is not null
    and net_amount is not null
    and currency = 'EUR'
    and status in ('completed', 'cancelled', 'refunded', 'open');

create temp table repeated_orders as
select order_no from delivered_orders group by all having count(*) > 1;
delete from orders where order_no in (select order_no from delivered_orders);
insert into orders
select * from delivered_orders
anti join repeated_orders using (order_no);
insert into orders
select distinct on (order_no) * from delivered_orders
semi join repeated_orders using (order_no);
