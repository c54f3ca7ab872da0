-- Past campaigns, as randomised experiments: at most one touch a person and half year, in its last
-- 88 days. At least 90 days then lie between two touches, and no outcome mixes two actions. Action
-- and arm are drawn independently of everything else. Decisions that were given come on top.
create or replace table audience as
with slots as (
    select
        person_id,
        customer_no,
        slot_no::integer as slot_no,
        (
            getvariable('days') - 1 - 182 * slot_no
            - floor(88 * uniform(person_id, 'touch day', slot_no))
        )::integer as day_no,
    from crm_records, range(6) as numbers (slot_no)
    where record_no = 0 and day_no >= created_day and day_no <= getvariable('campaign_day')
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

-- The company selects people in an episode more often, and chooses the action at random.
create or replace table chosen as
with drawn as (
    select
        audience.*,
        causes.cause,
        floor((select count(*) from actions) * uniform(audience.person_id, 'action', slot_no))
        ::integer as action_no,
        case
            when uniform(audience.person_id, 'arm', slot_no) < 0.6 then 'treatment' else 'control'
        end as arm,
    from audience
    inner join true_causes('audience') as causes
        on audience.person_id = causes.person_id and audience.day_no = causes.day_no
)

select
    drawn.person_id,
    drawn.customer_no,
    drawn.slot_no,
    drawn.day_no,
    'T' || scatter(drawn.person_id * 8 + slot_no, 15485863, 999999937) as contact_id,
    actions.action_id,
    actions.channel,
    actions.cost,
    drawn.arm,
from drawn
inner join actions on drawn.action_no = actions.action_no
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
