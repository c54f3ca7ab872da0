-- Sessions with their steps, opened newsletters, and at most one unsubscription a person.
create or replace table browsing_sessions as
with drawn as (
    select
        people.person_id,
        unnest(range(least(900, poisson(
            (getvariable('days') - observed_t)
            * (0.004 + 0.85 * order_rate) * browsing * 1.15,
            people.person_id, 'sessions', 0
        ))))::integer as session_no,
        people.observed_t,
        people.favourite_category,
        departures.left_t,
    from people
    left join departures on people.person_id = departures.person_id
    where standing <> 'lead' and not is_coupon_hunter
),

timed as (
    select
        *,
        observed_t + (getvariable('days') - observed_t)
        * uniform(person_id, 'session', session_no) as t,
    from drawn
),

felt as (
    select
        timed.*,
        floor(timed.t)::integer as day_no,
        episodes.cause,
        coalesce(episode_depth(visible_strength, start_t, end_t, timed.t), 0) as depth,
    from timed
    left join episodes
        on
            timed.person_id = episodes.person_id
            and timed.t >= episodes.start_t
            and timed.t < episodes.end_t
)

select
    person_id,
    session_no,
    day_no,
    favourite_category,
    case when cause = 'product_fit' then depth else 0 end as product_depth,
    (1 + floor(1.3 * exponential(person_id, 'views', session_no)))::integer as views,
    uniform(person_id, 'cart', session_no)
    < 0.14 + case when cause = 'price_sensitivity' then 0.65 * depth else 0 end as has_cart,
from felt
where
    uniform(person_id, 'browses', session_no) < 0.74 * case
        -- Some churned people still browse, so inactivity alone does not identify them.
        when t >= left_t then 0.30 * exp(-(t - left_t) / 90)
        when cause = 'emotional_bond' then 1 - 0.85 * depth
        when cause = 'external_environment' then 1 - 0.45 * depth
        when cause in ('product_fit', 'price_sensitivity') then 1 + 0.3 * depth
        else 1
    end;

-- No row: never. Most people who stop reading do not unsubscribe.
create or replace table unsubscriptions as
with farewells as (
    select
        person_id,
        start_t + (end_t - start_t) * (0.3 + 0.7 * uniform(person_id, 'farewell', episode_no))
            as t,
    from episodes
    where
        cause = 'emotional_bond'
        and uniform(person_id, 'farewell said', episode_no) < 0.5 * visible_strength
    union all
    select person_id, left_t + 60 * uniform(person_id, 'late farewell', 0)
    from departures
    where uniform(person_id, 'late farewell said', 0) < 0.15
    union all
    select person_id, observed_t + 365 / 0.03 * exponential(person_id, 'weary', 0)
    from people
)

select
    farewells.person_id,
    floor(min(farewells.t))::integer as day_no,
from farewells
inner join people on farewells.person_id = people.person_id
where people.gave_consent and farewells.t >= people.observed_t
group by farewells.person_id
having min(farewells.t) < getvariable('days');

create or replace table email_opens as
with drawn as (
    select
        people.person_id,
        unnest(range(least(
            900, poisson((getvariable('days') - observed_t) * email_rate, people.person_id, 'opens', 0)
        )))::integer as open_no,
        people.observed_t,
        departures.left_t,
        coalesce(unsubscriptions.day_no, getvariable('days')) as unsubscribed_day,
    from people
    left join departures on people.person_id = departures.person_id
    left join unsubscriptions on people.person_id = unsubscriptions.person_id
    where people.gave_consent and people.standing <> 'lead'
),

timed as (
    select
        *,
        observed_t + (getvariable('days') - observed_t) * uniform(person_id, 'open', open_no)
            as t,
    from drawn
)

select
    timed.person_id,
    timed.open_no,
    floor(timed.t)::integer as day_no,
from timed
left join episodes
    on
        timed.person_id = episodes.person_id
        and episodes.cause = 'emotional_bond'
        and timed.t >= episodes.start_t
        and timed.t < episodes.end_t
where
    floor(timed.t) < unsubscribed_day
    and uniform(timed.person_id, 'opens it', open_no) < case
        when timed.t >= left_t then 0.35
        else 1 - 0.85 * coalesce(episode_depth(visible_strength, start_t, end_t, timed.t), 0)
    end;
