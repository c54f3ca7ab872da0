-- Past campaigns, as randomised experiments: at most one touch a person in four months. At least 90
-- days lie between two touches, so no outcome mixes two actions. The arm is drawn independently of
-- everything else. Decisions that were given come on top.
create or replace table audience as
with slots as (
    select
        person_id,
        customer_no,
        slot_no::integer as slot_no,
        floor(
            getvariable('days') - 121 * (slot_no + uniform(person_id, 'touch phase', 0))
            - 30 * uniform(person_id, 'touch day', slot_no)
        )::integer as day_no,
    from crm_records, range(getvariable('days') // 121 + 1) as numbers (slot_no)
    where
        record_no = 0
        and day_no >= created_day and day_no <= getvariable('campaign_day')
        and day_no < getvariable('days')
)

-- Customers with an order in the half year before.
select slots.*
from slots
semi join baseline_orders as orders
    on
        slots.person_id = orders.person_id
        and not orders.is_cancelled
        and orders.day_no <= slots.day_no
        and orders.day_no > slots.day_no - 180
where slots.day_no >= 60;

-- The cause that a person named in the four months before: by a complaint, or by a ticket about
-- trouble with the service.
create or replace table named_causes as
select
    audience.person_id,
    audience.slot_no,
    arg_max(named.cause, named.t) as cause,
from audience
inner join (
    select person_id, t, day_no, named_cause as cause from complaints
    union all
    select person_id, day_no, day_no, cause from tickets where is_let_down
) as named
    on
        audience.person_id = named.person_id
        and named.day_no < audience.day_no
        and named.day_no >= audience.day_no - 120
group by audience.person_id, audience.slot_no;

-- The company selects people in an episode more often. Half of the people who named a cause are
-- given to the action that answers it; the action of all others is drawn.
create or replace table chosen as
with drawn as (
    select
        audience.*,
        causes.cause,
        named_causes.cause as named_cause,
        floor((select count(*) from actions) * uniform(audience.person_id, 'action', audience.slot_no))
        ::integer as action_no,
        uniform(audience.person_id, 'answers', audience.slot_no) < 0.5 as is_answered,
        case
            when uniform(audience.person_id, 'arm', audience.slot_no) < 0.6 then 'treatment' else 'control'
        end as arm,
    from audience
    inner join true_causes('audience') as causes
        on audience.person_id = causes.person_id and audience.day_no = causes.day_no
    left join named_causes
        on
            audience.person_id = named_causes.person_id
            and audience.slot_no = named_causes.slot_no
)

select
    drawn.person_id,
    drawn.customer_no,
    drawn.slot_no,
    drawn.day_no,
    'T' || scatter(drawn.person_id * 64 + slot_no, 15485863, 999999937) as contact_id,
    actions.action_id,
    actions.channel,
    actions.cost,
    drawn.arm,
    drawn.named_cause,
from drawn
inner join actions
    on case
        when drawn.named_cause is not null and drawn.is_answered
            then drawn.named_cause = actions.cause
        else drawn.action_no = actions.action_no
    end
where
    uniform(drawn.person_id, 'chosen', slot_no)
    < case when drawn.cause is null then 0.35 else 0.80 end
union all
select
    decisions.person_id,
    crm_records.customer_no,
    1000 + decisions.day_no,
    decisions.day_no,
    decisions.contact_id,
    actions.action_id,
    actions.channel,
    actions.cost,
    decisions.arm,
    null as named_cause,
from decisions
inner join people on decisions.person_id = people.person_id
inner join actions on decisions.action_id = actions.action_id
left join crm_records
    on decisions.person_id = crm_records.person_id and crm_records.record_no = 0;

-- Both potential outcomes of each touch, for the action chosen and for all others.
create or replace table touch_options as
select distinct
    chosen.person_id,
    chosen.day_no,
    actions.action_id,
from chosen
cross join actions;

create or replace table touch_potential_outcomes as
select
    chosen.contact_id,
    outcomes.*,
from potential_outcomes('touch_options') as outcomes
inner join chosen on outcomes.person_id = chosen.person_id and outcomes.day_no = chosen.day_no;

create or replace table touches as
select
    chosen.*,
    outcomes.* exclude (contact_id, person_id, day_no, action_id),
from chosen
inner join touch_potential_outcomes as outcomes
    on chosen.contact_id = outcomes.contact_id and chosen.action_id = outcomes.action_id;
