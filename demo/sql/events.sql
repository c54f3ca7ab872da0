-- Event log of the shop, one row a step. `step_no` orders the steps of a session. Session and
-- `step_no` make the event's id; ranges of numbers separate the kinds of session.
create or replace table events as
with order_steps as (
    select
        person_id,
        occasion_no as session_no,
        day_no,
        local_us - 1500000000 as start_us,
        unnest([
            {step_no: 0, event_type: 'session', product_no: null, value: null::double},
            {step_no: 15, event_type: 'checkout', product_no: null, value: null::double}
        ], recursive := true),
    from orders
    union all
    select
        lines.person_id,
        lines.occasion_no,
        orders.day_no,
        orders.local_us - 1500000000,
        unnest([
            {step_no: 1 + 2 * line_no, event_type: 'product_view', product_no: product_no,
             value: null::double},
            {step_no: 2 + 2 * line_no, event_type: 'add_to_cart', product_no: product_no,
             value: unit_price::double}
        ], recursive := true),
    from order_lines as lines
    inner join orders on lines.order_no = orders.order_no
),

browsing_steps as (
    select
        person_id,
        256 + session_no as session_no,
        day_no,
        second_of_day_us(uniform(person_id, 'session time', session_no)) as time_us,
        unnest(range(1 + least(12, views) + has_cart::integer))::integer as step_no,
        least(12, views) as views,
        favourite_category,
        product_depth,
    from browsing_sessions
),

browsing as (
    select
        browsing_steps.person_id,
        session_no,
        browsing_steps.day_no,
        calendar.midnight_us + time_us as start_us,
        step_no,
        case
            when step_no = 0 then 'session'
            when step_no <= views then 'product_view'
            else 'add_to_cart'
        end as event_type,
        case when step_no > 0 then 24 * case
            when uniform(person_id, 'browsed taste', session_no * 16 + least(step_no, views))
            < 0.6 * (1 - product_depth) then favourite_category
            else floor(10 * uniform(
                person_id, 'browsed category', session_no * 16 + least(step_no, views)
            ))::integer
        end + floor(24 * uniform(
            person_id, 'browsed', session_no * 16 + least(step_no, views)
        ))::integer end as product_no,
        null::double as value,
    from browsing_steps
    inner join calendar on browsing_steps.day_no = calendar.day_no
),

letters as (
    select
        person_id,
        1200 + open_no // 16 as session_no,
        day_no,
        second_of_day_us(uniform(person_id, 'open time', open_no)) as time_us,
        open_no % 16 as step_no,
        'email_open' as event_type,
    from email_opens
    union all
    select
        person_id,
        1300,
        day_no,
        second_of_day_us(uniform(person_id, 'unsubscribe time', 0)),
        0,
        'unsubscribe',
    from unsubscriptions
),

steps as (
    select person_id, session_no, day_no, start_us, step_no, event_type, product_no, value
    from order_steps
    union all by name
    select person_id, session_no, day_no, start_us, step_no, event_type, product_no, value
    from browsing
    union all by name
    select
        person_id,
        session_no,
        letters.day_no,
        calendar.midnight_us + time_us as start_us,
        step_no,
        event_type,
        null as product_no,
        null as value,
    from letters
    inner join calendar on letters.day_no = calendar.day_no
)

select
    steps.person_id,
    steps.day_no,
    scatter((person_id * 2048 + session_no) * 16 + step_no, 99999989, 999999999989) as event_no,
    steps.start_us + case when event_type in ('email_open', 'unsubscribe') then 0 else
        step_no * 95000000 end as local_us,
    steps.event_type,
    steps.product_no,
    steps.value,
from steps;
