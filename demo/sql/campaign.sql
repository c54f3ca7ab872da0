-- Touches: at most one a person and half year, in its last 88 days. At least 90 days then lie
-- between two touches, and no outcome mixes two actions. The arm is drawn independently of
-- everything else: a randomised experiment.
-- Both potential outcomes are known. Untreated: a baseline order within 90 days. Treated: the same,
-- and a share of the people without a baseline order also order.
create or replace table touches as
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
    where record_no = 0 and day_no >= created_day
),

-- Customers with an order in the half year before.
audience as (
    select
        slots.person_id,
        slots.customer_no,
        slots.slot_no,
        slots.day_no,
        bool_or(
            orders.day_no > slots.day_no and orders.day_no <= slots.day_no + 90
        ) as would_order_untreated,
    from slots
    inner join baseline_orders as orders on slots.person_id = orders.person_id
    where slots.day_no >= 60 and not orders.is_cancelled
    group by all
    having bool_or(orders.day_no <= slots.day_no and orders.day_no > slots.day_no - 180)
),

troubled as (
    select
        audience.*,
        episodes.cause,
    from audience
    left join episodes
        on
            audience.person_id = episodes.person_id
            and audience.day_no >= episodes.start_t
            and audience.day_no < episodes.end_t + 60
    qualify
        row_number() over (
            partition by audience.person_id, slot_no order by episodes.start_t desc
        ) = 1
),

-- The company selects people in an episode more often, and chooses the action at random.
chosen as (
    select
        *,
        floor(5 * uniform(person_id, 'action', slot_no))::integer as action_no,
        case
            when uniform(person_id, 'arm', slot_no) < 0.6 then 'treatment' else 'control'
        end as arm,
    from troubled
    where
        uniform(person_id, 'chosen', slot_no)
        < case when cause is null then 0.20 else 0.45 end
)

select
    chosen.person_id,
    chosen.customer_no,
    chosen.slot_no,
    chosen.day_no,
    'T' || scatter(chosen.person_id * 8 + slot_no, 15485863, 999999937) as contact_id,
    actions.action_id,
    actions.channel,
    actions.cost,
    chosen.arm,
    chosen.would_order_untreated,
    chosen.would_order_untreated
    or uniform(chosen.person_id, 'saved', slot_no) < actions.save_probability
        as would_order_treated,
    chosen.day_no + 3 + floor(50 * uniform(chosen.person_id, 'saved day', slot_no))::integer
        as saved_day_no,
from chosen
inner join actions on chosen.action_no = actions.action_no;
