-- Episodes of dissatisfaction. Each has one cause, grows for weeks, affects the person's behaviour,
-- and ends in churn or in recovery. Strong episodes end in churn more often.
create or replace table episodes as
with drawn as (
    select
        person_id,
        episode_no::integer as episode_no,
        observed_t,
        openness,
        price_sensitivity,
        -- A mean of 400 days without an episode, then an episode of 50 to 150 days.
        400 * exponential(person_id, 'peace', episode_no) as peace,
        50 + 100 * uniform(person_id, 'trouble', episode_no) as length,
        uniform(person_id, 'cause', episode_no) as cause_share,
        uniform(person_id, 'strength', episode_no) as strength,
        uniform(person_id, 'verdict', episode_no) as verdict,
    from people, range(5) as numbers (episode_no)
    where standing = 'buyer' and not is_coupon_hunter
),

ordinary as (
    select
        *,
        -- The history may begin within an episode.
        observed_t - 100 * uniform(person_id, 'phase', 0) + sum(peace + length) over (
            partition by person_id order by episode_no
        ) - length as start_t,
    from drawn
),

-- Price-sensitive people have price as the cause more often.
caused as (
    select
        *,
        case
            when cause_share < 0.10 + 0.30 * price_sensitivity then 'price_sensitivity'
            when cause_share < 0.42 + 0.18 * price_sensitivity then 'product_fit'
            when cause_share < 0.71 + 0.09 * price_sensitivity then 'service_response'
            else 'emotional_bond'
        end as cause,
    from ordinary
),

-- A competitor opens in a town: many of its people have an episode at about the same time.
shocked as (
    select
        person_id,
        5 as episode_no,
        openness,
        'external_environment' as cause,
        competitor_day + 45 * uniform(person_id, 'shock start', 0) as start_t,
        40 + 60 * uniform(person_id, 'shock length', 0) as length,
        0.35 + 0.65 * uniform(person_id, 'shock strength', 0) as strength,
        uniform(person_id, 'shock verdict', 0) as verdict,
    from people
    where
        standing = 'buyer' and not is_coupon_hunter
        and competitor_day >= observed_t
        and uniform(person_id, 'shocked', 0) < 0.65
),

-- One episode at a time: this one replaces the episodes that it overlaps.
together as (
    select person_id, episode_no, openness, cause, start_t, length, strength, verdict
    from shocked
    union all
    select
        caused.person_id,
        caused.episode_no,
        caused.openness,
        caused.cause,
        caused.start_t,
        caused.length,
        caused.strength,
        caused.verdict,
    from caused
    left join shocked
        on
            caused.person_id = shocked.person_id
            and caused.start_t < shocked.start_t + shocked.length
            and caused.start_t + caused.length > shocked.start_t
    where shocked.person_id is null and caused.start_t < getvariable('days')
)

select
    person_id,
    episode_no,
    cause,
    start_t,
    start_t + length as end_t,
    strength,
    -- Strength of the effects on behaviour at the peak.
    strength * openness as visible_strength,
    verdict < 0.05 + 0.75 * strength as ends_in_leaving,
from together;

-- Depth of an episode at time t: a third at its start, all of it after two thirds of its length.
create or replace macro episode_depth(visible_strength, start_t, end_t, t) as
    visible_strength * least(1, 0.33 + (t - start_t) / (end_t - start_t));
