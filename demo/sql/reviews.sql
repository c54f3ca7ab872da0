-- Reviews. Few orders have one; dissatisfied people write more often, with noise in the rating.
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
        orders.cause,
        orders.depth,
    from orders
    inner join people on orders.person_id = people.person_id
    where
        orders.settled_day is not null
        and uniform(orders.person_id, 'reviews', occasion_no) < 0.13 + case
            when orders.cause in ('product_fit', 'emotional_bond') then 0.30 * orders.depth
            else 0
        end
)

select
    written.person_id,
    written.order_no,
    written.day_no,
    written.rating,
    scatter(written.person_id * 256 + occasion_no, 86028121, 9999999967) as review_no,
    calendar.midnight_us
    + second_of_day_us(uniform(written.person_id, 'review time', occasion_no)) as local_us,
    calendar.utc_offset_us,
    pick(texts.variants, uniform(written.person_id, 'review words', occasion_no)) as text,
from written
inner join calendar on written.day_no = calendar.day_no
inner join texts
    on
        texts.kind = 'review'
        and texts.language = written.language
        and texts.sentiment_class = case
            when rating <= 2 then 'negative' when rating = 3 then 'neutral' else 'positive'
        end
where written.day_no < getvariable('days');
