-- People of this batch with their habits, which no system records.
create or replace table people as
with drawn as (
    select
        person_id,
        case when uniform(person_id, 'language', 0) < 0.14 then 'zh' else 'en' end as language,
        uniform(person_id, 'hunter', 0) < 0.08 as is_coupon_hunter,
        uniform(person_id, 'standing', 0) as standing_share,
        uniform(person_id, 'joined', 0) as joined_share,
        uniform(person_id, 'city', 0) as city_share,
    from range(getvariable('first_person'), getvariable('last_person') + 1) as ids (person_id)
),

placed as (
    select
        drawn.*,
        cities.city,
        cities.country,
        cities.competitor_day,
        -- Leads exist in the CRM only; browsers have an account and never buy.
        case
            when is_coupon_hunter then 'buyer'
            when standing_share < 0.03 then 'lead'
            when standing_share < 0.07 then 'browser'
            else 'buyer'
        end as standing,
        -- 55 % were customers before the history begins, up to three years.
        case
            when is_coupon_hunter then joined_share * getvariable('days')
            when joined_share < 0.55 then -1100 * joined_share / 0.55
            else (joined_share - 0.55) / 0.45 * getvariable('days')
        end as joined_t,
    from drawn
    inner join cities
        on drawn.city_share >= cities.lower_share and drawn.city_share < cities.upper_share
)

select
    person_id,
    language,
    is_coupon_hunter,
    standing,
    city,
    country,
    competitor_day,
    joined_t,
    greatest(joined_t, 0) as observed_t,
    case language
        when 'zh' then pick(getvariable('given_zh'), uniform(person_id, 'given', 0))
        else pick(getvariable('given_en'), uniform(person_id, 'given', 0))
    end as given,
    case language
        when 'zh' then pick(getvariable('family_zh'), uniform(person_id, 'family', 0))
        else pick(getvariable('family_en'), uniform(person_id, 'family', 0))
    end as family,
    1950 + floor(56 * uniform(person_id, 'birth', 0))::integer as birth_year,
    case
        when is_coupon_hunter and uniform(person_id, 'channel', 1) < 0.55 then 'coupon_portal'
        else pick(
            ['search', 'search', 'social', 'referral', 'store', 'coupon_portal'],
            uniform(person_id, 'channel', 0)
        )
    end as acquisition_channel,
    -- Occasions a day: gamma with shape 2 (about 8 orders a year before the seasonal thinning).
    0.0150 * (
        exponential(person_id, 'rate', 0) + exponential(person_id, 'rate', 1)
    ) as order_rate,
    -- 0: equal intervals; 2 and more: random times.
    0.7 + 1.6 * uniform(person_id, 'regularity', 0) as irregularity,
    -- Mean number of order lines after the first.
    0.5 + 1.3 * uniform(person_id, 'basket', 0) as basket,
    0.4 + 1.2 * uniform(person_id, 'browsing', 0) as browsing,
    pow(uniform(person_id, 'price sensitivity', 0), 2) as price_sensitivity,
    floor(10 * uniform(person_id, 'taste', 0))::integer as favourite_category,
    floor(10 * uniform(person_id, 'taste', 1))::integer as second_category,
    -- Newsletters opened a day by people with consent.
    0.046 * exponential(person_id, 'email', 0) as email_rate,
    uniform(person_id, 'consent', 0) < 0.78 as gave_consent,
    -- Share of an episode's strength that affects behaviour: some people churn without a sign.
    case when uniform(person_id, 'openness', 0) < 0.2 then 0.3 else 1.0 end as openness,
from placed;
