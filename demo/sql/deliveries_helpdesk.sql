-- Exports of the help desk by drop: JSON, times in milliseconds since 1970.
create or replace macro local_day(local_us) as
    ((local_us - epoch_us(getvariable('first_date')::timestamp)) // 86400000000)::integer;

create or replace table delivered_helpdesk_requesters as
select
    greatest(created_day, getvariable('history_day')) as drop_day,
    requester_id as id,
    email,
    phone,
    full_name as name,
    created_utc_us // 1000 as created_at,
from helpdesk_requesters;

create or replace table delivered_helpdesk_tickets as
with moments as (
    select
        ticket_number,
        unnest([opened_us, answered_us, solved_us, reopened_us, closed_us, rated_us]) as local_us,
    from tickets
),

deliveries as (
    select distinct
        ticket_number,
        greatest(local_day(local_us), getvariable('history_day')) as drop_day,
    from moments
    where local_day(local_us) < getvariable('days')
),

known as (
    select
        deliveries.drop_day,
        tickets.*,
        local_day(answered_us) <= drop_day as is_answered,
        local_day(solved_us) <= drop_day as is_solved_once,
        coalesce(local_day(reopened_us) <= drop_day, false) as is_reopened_by_now,
        local_day(closed_us) <= drop_day as is_closed,
        coalesce(local_day(rated_us) <= drop_day, false) as is_rated_by_now,
    from deliveries
    inner join tickets using (ticket_number)
)

select
    drop_day,
    ticket_number as ticket_id,
    requester_id,
    ((opened_us - known.utc_offset_us) // 1000)::json as opened,
    case when is_answered then (answered_us - known.utc_offset_us) // 1000 end as first_response,
    case
        when is_closed then (closed_us - known.utc_offset_us) // 1000
        when is_solved_once and not is_reopened_by_now
            then (solved_us - known.utc_offset_us) // 1000
    end as resolved,
    pick(['email', 'email', 'chat', 'phone'], topic_share * 31 % 1) as channel,
    topic,
    case
        when sentiment < -0.6 then 'urgent' when sentiment < -0.15 then 'high' else 'normal'
    end as priority,
    case
        when is_closed or (is_solved_once and not is_reopened_by_now) then 'solved'
        when is_answered then 'pending'
        else 'open'
    end as status,
    case
        when is_rated_by_now
            then {score: csat_score, rated: (rated_us - known.utc_offset_us) // 1000}
    end as satisfaction,
    is_reopened_by_now::integer as reopened_count,
from known
inner join helpdesk_requesters using (person_id);

create or replace table delivered_helpdesk_messages as
select
    greatest(local_day(messages.local_us), getvariable('history_day')) as drop_day,
    50000000000 + scatter(person_id * 512 + ticket_no * 2 + message_no, 32452843, 9999999967)
        as message_id,
    ticket_number as ticket_id,
    requester_id,
    ((messages.local_us - messages.utc_offset_us) // 1000)::json as sent,
    text as body,
from ticket_messages as messages
inner join helpdesk_requesters using (person_id)
where local_day(messages.local_us) < getvariable('days');
