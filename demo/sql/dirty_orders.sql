-- Orders with the troubles of real shops: other currencies, several refunds, credit notes, gift
-- cards, free and edited orders, and payments that failed. Only orders that were neither cancelled
-- nor returned are changed, so each has one trouble. The bad rows of every demo are copies of the
-- first orders, and the first two weeks therefore have none of these.
create table if not exists exchange_rates as
select
    local_date as rated_on,
    currency,
    -- Rates move by up to 3 % from month to month.
    (rate * (1 + 0.03 * sin(3 * month(local_date) + number)))::decimal(18, 6) as rate,
    decimals,
from calendar
cross join (
    values (1, 'SEK', 0.088, 2), (2, 'USD', 0.92, 2), (3, 'JPY', 0.0061, 0), (4, 'KWD', 3.02, 3)
) as currencies (number, currency, rate, decimals)
where day(local_date) = 1 and day_no between -31 and getvariable('days');

create table if not exists truth_orders (
    person_id bigint,
    order_no varchar,
    kind varchar,
    ordered_on date,
    is_purchase boolean,
    net_revenue decimal(18, 2),
    line_amount decimal(18, 2)
);

create or replace temp table dirty_orders as
with plain as (
    select
        orders.*,
        order_totals.gross_amount,
        order_totals.gross_amount
        - (order_totals.gross_amount * discount_share)::decimal(18, 2) as net_amount,
        settled_day + 5 + floor(16 * uniform(person_id, 'dirt refunded', occasion_no))::integer
            as first_refund_day,
        uniform(person_id, 'dirt order', occasion_no) / getvariable('dirt') as share,
    from orders
    inner join order_totals using (order_no)
    where
        day_no >= 14 and contact_id is null
        and cancelled_day is null and refunded_day is null
),

counted as (
    select
        order_no,
        count(*) as line_count,
        arg_max((quantity * unit_price)::decimal(18, 2), line_no) as last_line_amount,
    from order_lines
    group by order_no
),

drawn as (
    select
        plain.*,
        line_count,
        last_line_amount,
        case
            when share < 0.03 then 'two refunds'
            when share < 0.04 then 'refund beyond the order'
            when share < 0.06 then 'credit note'
            when share < 0.10 then 'currency with a rate'
            when share < 0.12 then 'currency without a rate'
            when share < 0.16 then 'currency in lower case'
            when share < 0.18 then 'failed payment'
            when share < 0.20 then 'gift card'
            when share < 0.22 and line_count > 1 and discount_share = 0 then 'goods and gift card'
            when share < 0.24 then 'free order'
            -- An edit is an edit only where an earlier drop has the order as it was placed.
            when settled_day > getvariable('history_day') and settled_day < getvariable('days')
                and day_no < settled_day and line_count > 1 and discount_share = 0
                then case when share < 0.54 then 'edited' when share < 0.84 then 'edited, lines unfit' end
        end as kind,
    from plain
    inner join counted using (order_no)
)

select
    *,
    case kind
        when 'currency with a rate'
            then pick(['SEK', 'USD', 'JPY', 'KWD'], uniform(person_id, 'dirt currency', occasion_no))
        when 'currency without a rate' then 'CHF'
        when 'currency in lower case'
            then pick(['eur', 'Eur', ' EUR '], uniform(person_id, 'dirt currency', occasion_no))
        else 'EUR'
    end as currency,
from drawn
where kind is not null;

-- Amounts in the order's own currency, by the rate of its month.
create or replace temp table foreign_amounts as
select
    'O' || order_no as order_no,
    dirty_orders.currency,
    coalesce(rate, 1) as rate,
    round(dirty_orders.gross_amount / coalesce(rate, 1), coalesce(decimals, 2))::decimal(18, 3)
        as gross_amount,
    round(net_amount / coalesce(rate, 1), coalesce(decimals, 2))::decimal(18, 3) as net_amount,
from dirty_orders
inner join calendar using (day_no)
left join exchange_rates
    on
        dirty_orders.currency = exchange_rates.currency
        and date_trunc('month', local_date) = rated_on
where kind like 'currency%';

-- The refunded amount adds up over the refunds; a third of the orders has no day of its refund.
create or replace temp table dirty_refunds as
select
    'O' || order_no as order_no,
    kind,
    refunded_day,
    greatest(refunded_day, getvariable('history_day')) as drop_day,
    (net_amount * refunded_share)::decimal(18, 2) as refunded_amount,
    case
        when uniform(person_id, 'dirt day of refund', occasion_no) < 0.67
            then make_timestamp(
                local_us - utc_offset_us + (refunded_day - day_no) * 86400000000
            )
    end as refunded_at,
from (
    select
        * exclude (refunded_day),
        unnest([0.25, 0.6]) as refunded_share,
        unnest([0, 9]) + first_refund_day as refunded_day,
    from dirty_orders
    where kind = 'two refunds'
    union all
    select * exclude (refunded_day), 1.4 as refunded_share, first_refund_day as refunded_day
    from dirty_orders
    where kind = 'refund beyond the order'
)
where refunded_day < getvariable('days');

alter table delivered_shop_orders alter gross_amount type decimal(18, 3);
alter table delivered_shop_orders alter discount_amount type decimal(18, 3);
alter table delivered_shop_orders alter net_amount type decimal(18, 3);

update delivered_shop_orders
set
    currency = amounts.currency,
    gross_amount = amounts.gross_amount,
    discount_amount = amounts.gross_amount - amounts.net_amount,
    net_amount = amounts.net_amount
from foreign_amounts as amounts
where delivered_shop_orders.order_no = amounts.order_no;

update delivered_shop_orders
set coupon_code = 'FREE100', discount_amount = delivered_shop_orders.gross_amount, net_amount = 0
from dirty_orders
where delivered_shop_orders.order_no = 'O' || dirty_orders.order_no and kind = 'free order';

update delivered_shop_orders
set
    gross_amount = case kind
        when 'edited' then net_amount - last_line_amount else net_amount + 7.5
    end,
    net_amount = case kind
        when 'edited' then net_amount - last_line_amount else net_amount + 7.5
    end
from (select order_no, kind, settled_day, last_line_amount from dirty_orders) as edited
where
    delivered_shop_orders.order_no = 'O' || edited.order_no
    and edited.kind like 'edited%'
    and delivered_shop_orders.drop_day >= settled_day;

-- A drop of a refund without another change of its order.
insert into delivered_shop_orders
select orders.* replace (refunds.drop_day as drop_day)
from (select distinct order_no, drop_day from dirty_refunds) as refunds
inner join delivered_shop_orders as orders
    on refunds.order_no = orders.order_no and orders.drop_day < refunds.drop_day
anti join delivered_shop_orders as delivered
    on refunds.order_no = delivered.order_no and refunds.drop_day = delivered.drop_day
qualify row_number() over (
    partition by refunds.order_no, refunds.drop_day order by orders.drop_day desc
) = 1;

update delivered_shop_orders
set refunded_at = refunded.refunded_at, refunded_amount = refunded.refunded_amount
from (
    select
        orders.order_no,
        orders.drop_day,
        max(refunds.refunded_amount) as refunded_amount,
        max(refunds.refunded_at) as refunded_at,
    from delivered_shop_orders as orders
    inner join dirty_refunds as refunds
        on orders.order_no = refunds.order_no and refunds.drop_day <= orders.drop_day
    group by all
) as refunded
where
    delivered_shop_orders.order_no = refunded.order_no
    and delivered_shop_orders.drop_day = refunded.drop_day;

-- Credit notes and failed payments are rows of their own among the orders. A payment that failed
-- came a quarter of an hour before the one that did not.
create or replace temp table further_orders as
with rows as (
    select
        dirty_orders.person_id,
        kind,
        case kind when 'credit note' then 'N' else 'F' end || dirty_orders.order_no as order_no,
        case kind when 'credit note' then first_refund_day else dirty_orders.day_no end as day_no,
        case kind when 'credit note' then -0.3 else 1 end as share,
        case kind
            when 'credit note' then (first_refund_day - dirty_orders.day_no) * 86400000000
            else -900000000
        end as later_us,
        orders.* exclude (order_no, drop_day),
    from dirty_orders
    inner join delivered_shop_orders as orders on orders.order_no = 'O' || dirty_orders.order_no
    where kind in ('credit note', 'failed payment')
    qualify row_number() over (partition by orders.order_no order by orders.drop_day) = 1
)

select
    greatest(day_no, getvariable('history_day')) as drop_day,
    * replace (
        ordered_at + to_microseconds(later_us) as ordered_at,
        case kind when 'credit note' then 'completed' else 'failed' end as status,
        (net_amount * share)::decimal(18, 2) as gross_amount,
        0 as discount_amount,
        (net_amount * share)::decimal(18, 2) as net_amount,
        null as coupon_code
    ),
from rows
where day_no < getvariable('days');

insert into delivered_shop_orders by name
select * exclude (person_id, kind, day_no, share, later_us) from further_orders;

-- Lines: all of an order of gift cards, the last one of a mixed order, and those of an edited order
-- that are left.
update delivered_shop_order_lines
set product_id = 'GIFTCARD', product_name = 'Gift card', category = 'gift_cards', cost = 0
from dirty_orders
where
    delivered_shop_order_lines.order_no = 'O' || dirty_orders.order_no
    and (kind = 'gift card' or (kind = 'goods and gift card' and line_no = line_count));

insert into delivered_shop_order_lines
select lines.* replace (settled_day as drop_day)
from delivered_shop_order_lines as lines
inner join dirty_orders on lines.order_no = 'O' || dirty_orders.order_no
where kind = 'edited' and line_no < line_count;

-- What is left of each order at the end, from its last version. The sale of a gift card is no revenue.
insert into truth_orders
with sums as (
    select
        order_no,
        sum(quantity * unit_price)::decimal(18, 2) as line_amount,
        sum(quantity * unit_price) filter (category = 'gift_cards')::decimal(18, 2) as gift_amount,
    from (
        select order_no, line_no, quantity, unit_price, category, drop_day,
        from delivered_shop_order_lines
        qualify drop_day = max(drop_day) over (partition by order_no)
    )
    group by order_no
),

last_versions as (
    select
        placed.person_id,
        delivered.order_no,
        coalesce(kind, 'plain') as kind,
        getvariable('first_date') + placed.day_no as ordered_on,
        status,
        case kind when 'currency without a rate' then null else coalesce(rate, 1) end as rate,
        delivered.net_amount,
        coalesce(refunded_amount, 0) as refunded_amount,
        line_amount,
        coalesce(gift_amount, 0) as gift_amount,
    from delivered_shop_orders as delivered
    inner join (
        select 'O' || order_no as order_no, person_id, day_no from orders
        union all
        select order_no, person_id, day_no from further_orders
    ) as placed on delivered.order_no = placed.order_no
    left join (
        select 'O' || order_no as order_no, kind from dirty_orders
        union all
        select order_no, kind from further_orders
    ) as kinds on delivered.order_no = kinds.order_no
    left join foreign_amounts on delivered.order_no = foreign_amounts.order_no
    left join sums on delivered.order_no = sums.order_no
    qualify row_number() over (partition by delivered.order_no order by drop_day desc) = 1
),

judged as (
    select
        *,
        status in ('open', 'completed', 'refunded')
        and net_amount > gift_amount
        and net_amount > refunded_amount as is_purchase,
    from last_versions
)

select
    person_id,
    order_no,
    kind,
    ordered_on,
    is_purchase,
    case
        when is_purchase
            then (net_amount * rate)::decimal(18, 2) - gift_amount - (refunded_amount * rate)::decimal(18, 2)
        when kind = 'credit note' and order_no like 'N%' then net_amount
        else 0
    end,
    line_amount,
from judged;
