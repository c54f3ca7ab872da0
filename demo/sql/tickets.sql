-- Tickets: ordinary questions, and in an episode of service response slow, reopened and badly rated
-- tickets. Text and rating follow the person's `sentiment`, with noise.
create or replace table tickets as
with asked as (
    select
        person_id,
        unnest(range(poisson(
            (least(coalesce(left_t, 9999), getvariable('days')) - observed_t) * 0.38 / 365,
            person_id, 'questions', 0
        )))::integer as ticket_no,
        observed_t + (least(coalesce(left_t, 9999), getvariable('days')) - observed_t)
        * uniform(person_id, 'question', ticket_no) as t,
        null::varchar as cause,
        0.0 as depth,
        false as is_complaint,
    from people
    inner join departures using (person_id)
    where left_t > observed_t and not is_coupon_hunter
    union all
    select
        person_id,
        100 + episode_no * 8 + unnest(range(least(
            case cause when 'service_response' then 4 else 1 end,
            floor(
                case cause when 'service_response' then 0.6 else 0 end
                + uniform(person_id, 'complaints', episode_no)
                + case cause
                    when 'service_response' then 1.6 * visible_strength
                    when 'external_environment' then 0
                    else 0.3 * visible_strength
                end
            )
        )::integer))::integer as ticket_no,
        start_t + (end_t - start_t) * 0.85 * uniform(person_id, 'complaint', ticket_no) as t,
        cause,
        visible_strength as depth,
        false as is_complaint,
    from episodes
    union all
    select person_id, 160 + complaint_no, t, named_cause, 1.0, true
    from complaints
    where channel = 'ticket'
),

answered as (
    select
        asked.person_id,
        asked.ticket_no,
        asked.cause,
        asked.is_complaint,
        floor(asked.t)::integer as day_no,
        people.language,
        coalesce(asked.cause = 'service_response', false) as is_let_down,
        -- Sentiment, about -1 to 1.
        0.25 + 0.45 * gaussian(asked.person_id, 'mood', ticket_no)
        - case asked.cause when 'service_response' then 1.1 else 0.7 end * depth as sentiment,
        -- Median five hours; in an episode of service response, four times as long and more.
        5 * 3600e6 * exp(0.9 * gaussian(asked.person_id, 'first answer', ticket_no))
        * case asked.cause when 'service_response' then 2 + 7 * depth else 1 end as wait_us,
        20 * 3600e6 * exp(0.8 * gaussian(asked.person_id, 'solution', ticket_no))
        * case asked.cause when 'service_response' then 1 + 2 * depth else 1 end as work_us,
        uniform(asked.person_id, 'reopened', ticket_no)
        < 0.06 + case asked.cause when 'service_response' then 0.5 * depth else 0 end as is_reopened,
        uniform(asked.person_id, 'rates', ticket_no) < 0.45 as is_rated,
        second_of_day_us(uniform(asked.person_id, 'ticket time', ticket_no)) as time_us,
        uniform(asked.person_id, 'topic', ticket_no) as topic_share,
    from asked
    inner join people on asked.person_id = people.person_id
    inner join departures on asked.person_id = departures.person_id
    where
        asked.t >= people.observed_t
        and asked.t < least(departures.left_t, getvariable('days'))
),

timed as (
    select
        answered.*,
        midnight_us + time_us as opened_us,
        midnight_us + time_us + wait_us::bigint // 1000000 * 1000000 as answered_us,
        midnight_us + time_us + (wait_us + work_us)::bigint // 1000000 * 1000000 as solved_us,
        utc_offset_us,
    from answered
    inner join calendar on answered.day_no = calendar.day_no
)

select
    *,
    scatter(person_id * 256 + ticket_no, 39916801, 9999999967) as ticket_number,
    case
        when is_complaint or topic_share < 0.55 then case cause
            when 'product_fit' then pick(['product_quality', 'returns'], topic_share * 7 % 1)
            when 'service_response' then 'delivery'
            when 'price_sensitivity' then 'pricing'
            when 'emotional_bond' then 'account'
            when 'external_environment' then 'competitor'
        end
    end as caused_topic,
    coalesce(
        caused_topic,
        pick(['delivery', 'product_quality', 'returns', 'pricing', 'account'], topic_share * 9 % 1)
    ) as topic,
    case when is_reopened then solved_us + 20 * 3600000000 end as reopened_us,
    -- The final solution.
    solved_us + case when is_reopened then 72 * 3600000000 else 0 end as closed_us,
    case when is_rated then closed_us + 5 * 3600000000 end as rated_us,
    greatest(1, least(5, round(3.4 + 2.2 * sentiment)))::integer as csat_score,
    case
        when sentiment < -0.15 then 'negative' when sentiment > 0.35 then 'positive' else 'neutral'
    end as sentiment_class,
from timed;

create or replace table ticket_messages as
with written as (
    select
        person_id,
        ticket_no,
        ticket_number,
        0 as message_no,
        opened_us as local_us,
        utc_offset_us,
        language,
        'ticket' as kind,
        topic,
        case sentiment_class when 'negative' then 'negative' else 'neutral' end as sentiment_class,
    from tickets
    union all
    select
        person_id,
        ticket_no,
        ticket_number,
        1,
        case when is_reopened then reopened_us else closed_us + 2 * 3600000000 end,
        utc_offset_us,
        language,
        'follow_up',
        '',
        case
            when is_reopened and sentiment_class = 'neutral' then 'negative' else sentiment_class
        end,
    from tickets
    where is_reopened or uniform(person_id, 'follows up', ticket_no) < 0.4
)

select
    written.*,
    pick(texts.variants, uniform(person_id, 'wording', ticket_no * 2 + message_no)) as text,
from written
inner join texts using (kind, language, topic, sentiment_class);
