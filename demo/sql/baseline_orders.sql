-- Orders without any action of the company: occasions at jittered intervals, of which season,
-- episode and chance keep some. They go on for the horizon after the last date, so the outcomes of
-- the last touches are known.

-- Christmas seasons of the period, from 1 November to 23 December, if the company has them.
create or replace table christmas_seasons as
select
    (row_number() over (order by day_no) - 1)::integer as season_no,
    day_no as start_day,
from calendar
where
    getvariable('christmas')
    and month(local_date) = 11 and day(local_date) = 1
    and day_no >= 0 and day_no < getvariable('days') + getvariable('horizon_days');

create or replace table baseline_orders as
with occasions as (
    select
        people.person_id,
        unnest(range(
            least(199, ceil((
                least(left_t, getvariable('days') + getvariable('horizon_days')) - observed_t
            ) * order_rate) + 2)::integer
        ))::integer as occasion_no,
        people.joined_t,
        people.observed_t,
        people.order_rate,
        people.irregularity,
        people.is_coupon_hunter,
        departures.left_t,
    from people
    inner join departures on people.person_id = departures.person_id
    where departures.left_t > observed_t
),

timed as (
    select
        *,
        occasion_no = 0 and joined_t >= 0 as is_first,
        case
            when occasion_no = 0 and joined_t >= 0 then joined_t
            when is_coupon_hunter
                then joined_t + (left_t - joined_t) * uniform(person_id, 'hunt', occasion_no)
            else
                observed_t + (
                    occasion_no + uniform(person_id, 'rhythm', 0) - 0.5
                    + irregularity * (uniform(person_id, 'occasion', occasion_no) - 0.5)
                ) / order_rate
        end as t,
    from occasions
    where not is_coupon_hunter or occasion_no < 1 + 2 * uniform(person_id, 'hunts', 0)
),

-- Gifts: as many orders again and half as many as a person usually places in these weeks, more of
-- them in December. A third of the people who have churned return for one order.
gifts as (
    select
        people.person_id,
        christmas_seasons.season_no,
        people.observed_t,
        people.is_coupon_hunter,
        departures.left_t,
        unnest(range(4))::integer as gift_no,
        236 + 4 * season_no + gift_no as occasion_no,
        start_day + 53 * sqrt(uniform(people.person_id, 'gift', occasion_no)) as t,
        poisson(53 * 1.5 * 0.76 * people.order_rate, people.person_id, 'gifts', season_no) as gifts,
        uniform(people.person_id, 'returns for Christmas', season_no) < 0.33 as returns,
    from people
    inner join departures on people.person_id = departures.person_id
    cross join christmas_seasons
    where not people.is_coupon_hunter
),

occasions_with_gifts as (
    select person_id, occasion_no, observed_t, is_coupon_hunter, left_t, is_first, false as is_gift, t,
    from timed
    where t < left_t
    union all
    select person_id, occasion_no, observed_t, is_coupon_hunter, left_t, false, true, t,
    from gifts
    where case when t < left_t then gift_no < gifts else gift_no = 0 and returns end
),

felt as (
    select
        timed.*,
        floor(timed.t)::integer as day_no,
        episodes.cause,
        coalesce(episode_depth(visible_strength, start_t, end_t, timed.t), 0) as depth,
    from occasions_with_gifts as timed
    left join episodes
        on
            timed.person_id = episodes.person_id
            and timed.t >= episodes.start_t
            and timed.t < episodes.end_t
    where
        timed.t >= observed_t
        and timed.t < getvariable('days') + getvariable('horizon_days')
)

select
    felt.person_id,
    felt.occasion_no,
    felt.t,
    felt.day_no,
    felt.cause,
    felt.depth,
    uniform(person_id, 'cancelled', occasion_no) < 0.04 as is_cancelled,
from felt
inner join calendar on felt.day_no = calendar.day_no
where
    is_first or is_coupon_hunter
    or uniform(person_id, 'taken', occasion_no) < case when is_gift then 1 else season end * (
        1 - depth * case cause
            when 'product_fit' then 0.45
            when 'service_response' then 0.40
            when 'price_sensitivity' then 0.45
            when 'emotional_bond' then 0.50
            when 'external_environment' then 0.55
            else 0
        end
    );
