-- Planted truth by batch; the pipeline does not read it.
create table if not exists truth_people (
    person_id bigint,
    standing varchar,
    is_coupon_hunter boolean,
    language varchar,
    joined_on date,
    churned_on date,
    cause varchar
);
create table if not exists truth_records (
    person_id bigint,
    source varchar,
    source_record_id varchar
);
create table if not exists truth_episodes (
    person_id bigint,
    cause varchar,
    starts_on date,
    ends_on date,
    strength double,
    ends_in_leaving boolean
);
create table if not exists truth_touch_outcomes (
    contact_id varchar,
    person_id bigint,
    action_id varchar,
    arm varchar,
    sent_on date,
    named_cause varchar,
    cause varchar,
    answers_cause boolean,
    is_coupon_hunter boolean,
    is_lost boolean,
    would_order_untreated boolean,
    would_order_treated boolean,
    redeems boolean
);
-- The same for every action, of which the company chose one.
create table if not exists truth_potential_outcomes (
    contact_id varchar,
    person_id bigint,
    sent_on date,
    action_id varchar,
    answers_cause boolean,
    would_order_untreated boolean,
    would_order_treated boolean,
    redeems boolean
);

-- An order after an action moves the churn day behind it.
insert into truth_people
with last_orders as (
    select person_id, max(day_no) as day_no
    from orders
    group by person_id
),

ends as (
    select
        people.*,
        departures.cause,
        greatest(floor(departures.left_t)::integer, last_orders.day_no + 1) as churn_day,
    from people
    left join departures using (person_id)
    left join last_orders using (person_id)
)

select
    person_id,
    standing,
    is_coupon_hunter,
    language,
    getvariable('first_date') + floor(joined_t)::integer,
    case when churn_day < getvariable('days') then getvariable('first_date') + churn_day end,
    case when churn_day < getvariable('days') then cause end,
from ends;

insert into truth_records
select person_id, 'crm', customer_no from crm_records
union all
select person_id, 'shop', 'A' || account_no from shop_accounts
where created_day < getvariable('days')
union all
select person_id, 'helpdesk', requester_id::varchar from helpdesk_requesters;

insert into truth_episodes
select
    person_id,
    cause,
    getvariable('first_date') + floor(start_t)::integer,
    getvariable('first_date') + floor(end_t)::integer,
    strength,
    ends_in_leaving,
from episodes;

insert into truth_touch_outcomes
select
    contact_id,
    person_id,
    action_id,
    arm,
    getvariable('first_date') + day_no,
    named_cause,
    cause,
    answers_cause,
    is_coupon_hunter,
    is_lost,
    would_order_untreated,
    would_order_treated,
    redeems,
from touches;

insert into truth_potential_outcomes
select
    contact_id,
    person_id,
    getvariable('first_date') + day_no,
    action_id,
    answers_cause,
    would_order_untreated,
    would_order_treated,
    redeems,
from touch_potential_outcomes;
