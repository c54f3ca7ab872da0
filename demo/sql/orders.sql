-- Orders with their later states. An order is open until it is settled or cancelled. Returns
-- come later.
create or replace table orders as
with treated as (
    select * from touches where arm = 'treatment'
),

vouchers as (
    select
        treated.contact_id,
        actions.coupon_code as voucher_code,
        actions.discount_share as voucher_share,
    from treated
    inner join actions on treated.action_id = actions.action_id
    where treated.redeems
),

-- A person who is kept orders at the person's own mean interval until the horizon ends, or until
-- the first order of the next touch that keeps the person.
keeping as (
    select
        treated.*,
        people.order_rate * 0.75 as rate,
        (row_number() over person_touches - 1)::integer as kept_no,
        least(
            day_no + getvariable('horizon_days') + 1,
            coalesce(lead(kept_day_no) over person_touches, 99999)
        ) as until_day_no,
    from treated
    inner join people on treated.person_id = people.person_id
    where is_kept
    window person_touches as (partition by treated.person_id order by day_no, treated.contact_id)
),

kept as (
    select
        person_id,
        unnest(range(3))::integer as order_no,
        case
            when kept_no < 12 then 200 + 3 * kept_no + order_no
            else error('a person is kept by more than 12 touches, whose orders have no numbers')
        end as occasion_no,
        kept_day_no + floor(order_no / rate)::integer as day_no,
        until_day_no,
        case when redeems and order_no = 0 then contact_id end as contact_id,
    from keeping
),

-- An order takes one voucher, the first that was sent.
redeemed as (
    select
        person_id,
        redeemed_occasion_no,
        arg_min(contact_id, day_no) as contact_id,
    from treated
    where redeemed_occasion_no is not null
    group by person_id, redeemed_occasion_no
),

-- A person who is driven away places no order until the horizon ends.
baseline as (
    select
        orders.*,
        redeemed.contact_id,
    from baseline_orders as orders
    anti join treated as lost
        on
            orders.person_id = lost.person_id
            and lost.is_driven_away
            and orders.day_no > lost.day_no
            and orders.day_no <= lost.day_no + getvariable('horizon_days')
    left join redeemed
        on
            orders.person_id = redeemed.person_id
            and orders.occasion_no = redeemed.redeemed_occasion_no
),

-- `contact_id`: the touch whose voucher is redeemed with the order.
placed as (
    select
        person_id,
        occasion_no,
        day_no,
        cause,
        depth,
        is_cancelled,
        false as is_kept,
        contact_id,
    from baseline
    where day_no < getvariable('days')
    union all
    select
        person_id,
        occasion_no,
        day_no,
        null,
        0,
        false,
        true,
        contact_id,
    from kept
    where (order_no = 0 or day_no < until_day_no) and day_no < getvariable('days')
),

drawn as (
    select
        placed.*,
        people.is_coupon_hunter,
        people.basket,
        people.favourite_category,
        people.second_category,
        case when cause = 'price_sensitivity' then depth else 0 end as price_depth,
        case when cause = 'product_fit' then depth else 0 end as product_depth,
        day_no + 1 + floor(4 * uniform(placed.person_id, 'settled', occasion_no))::integer
            as settling_day,
        uniform(placed.person_id, 'return', occasion_no) as return_share,
        uniform(placed.person_id, 'coupon', occasion_no) as coupon_share,
        people.price_sensitivity,
        second_of_day_us(uniform(placed.person_id, 'order time', occasion_no)) as time_us,
    from placed
    inner join people on placed.person_id = people.person_id
),

fated as (
    select
        *,
        case when is_cancelled then settling_day - 1 end as cancelled_day,
        case when not is_cancelled then settling_day end as settled_day,
        case
            when not is_cancelled and not is_kept
            and return_share < 0.04 + 0.40 * product_depth
                then settling_day + 3
                + floor(18 * uniform(person_id, 'refunded', occasion_no))::integer
        end as refunded_day,
        is_coupon_hunter or contact_id is not null
        or coupon_share < 0.06 + 0.35 * price_sensitivity + 0.75 * price_depth as has_coupon,
    from drawn
)

select
    person_id,
    occasion_no,
    scatter(person_id * 256 + occasion_no, 48271357, 9999999967) as order_no,
    day_no,
    calendar.midnight_us + time_us as local_us,
    calendar.utc_offset_us,
    cause,
    depth,
    product_depth,
    is_coupon_hunter,
    favourite_category,
    second_category,
    basket,
    settled_day,
    cancelled_day,
    refunded_day,
    contact_id,
    case when has_coupon then case
        when contact_id is not null then voucher_code
        when is_coupon_hunter and occasion_no = 0 then 'WELCOME20'
        else pick(['SAVE10', 'SEASON15', 'APP10', 'SAVE20'], coupon_share * 7 % 1)
    end end as coupon_code,
    case when has_coupon then case
        when contact_id is not null then voucher_share
        when is_coupon_hunter and occasion_no = 0 then 0.20
        else pick([0.10, 0.15, 0.10, 0.20], coupon_share * 7 % 1)
    end else 0 end as discount_share,
    pick(['web', 'web', 'app', 'app', 'store'], uniform(person_id, 'sales channel', occasion_no))
        as sales_channel,
    uniform(person_id, 'partial refund', occasion_no) < 0.2 as is_partly_refunded,
from fated
inner join calendar using (day_no)
left join vouchers using (contact_id);
