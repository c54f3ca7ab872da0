-- Reviews, and complaints in answers to the shop's survey. Few orders have a review; dissatisfied
-- people write more often, with noise in the rating.
create or replace table reviews as
with written as (
    select
        orders.person_id,
        orders.occasion_no,
        orders.order_no,
        people.language,
        orders.settled_day + 2
        + floor(12 * uniform(orders.person_id, 'review day', occasion_no))::integer as day_no,
        greatest(1, least(5, round(
            4.3 + 0.9 * gaussian(orders.person_id, 'rating', occasion_no)
            - case orders.cause
                when 'product_fit' then 3.2
                when 'emotional_bond' then 2.2
                when 'service_response' then 1.2
                when 'price_sensitivity' then 1.0
                else 0
            end * orders.depth
        )))::integer as rating,
        orders.person_id * 256 + orders.occasion_no as writing_no,
        'review' as kind,
        '' as topic,
    from orders
    inner join people on orders.person_id = people.person_id
    where
        orders.settled_day is not null
        and uniform(orders.person_id, 'reviews', occasion_no) < 0.13 + case
            when orders.cause in ('product_fit', 'emotional_bond') then 0.30 * orders.depth
            else 0
        end
),

-- A survey's answer concerns no order. It names its subject where the rating is bad.
answered as (
    select
        complaints.person_id,
        complaint_no as occasion_no,
        null::bigint as order_no,
        people.language,
        complaints.day_no,
        greatest(1, least(5, round(
            1.7 + 0.8 * gaussian(complaints.person_id, 'survey rating', complaint_no)
        )))::integer as rating,
        5000000000 + complaints.person_id * 256 + complaint_no as writing_no,
        case when rating <= 2 then 'survey' else 'review' end as kind,
        case when rating <= 2 then named_cause else '' end as topic,
    from complaints
    inner join people on complaints.person_id = people.person_id
    where channel = 'survey'
),

written_down as (
    select * from written
    union all by name
    select * from answered
)

select
    written.person_id,
    written.order_no,
    written.day_no,
    written.rating,
    scatter(written.writing_no, 86028121, 9999999967) as review_no,
    calendar.midnight_us
    + second_of_day_us(uniform(written.person_id, written.kind || ' time', occasion_no)) as local_us,
    calendar.utc_offset_us,
    pick(texts.variants, uniform(written.person_id, written.kind || ' words', occasion_no)) as text,
from written_down as written
inner join calendar on written.day_no = calendar.day_no
inner join texts
    on
        texts.kind = written.kind
        and texts.topic = written.topic
        and texts.language = written.language
        and texts.sentiment_class = case
            when rating <= 2 then 'negative' when rating = 3 then 'neutral' else 'positive'
        end
where written.day_no < getvariable('days');
