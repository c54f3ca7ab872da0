-- Complaints that name a cause, in a ticket or in an answer to the shop's survey. People complain in
-- two of three episodes, once or twice, and name another cause in one of ten. Contented people
-- complain too. Trouble with the service has tickets of its own (`tickets`).
create or replace table complaints as
with troubled as (
    select
        person_id,
        2 * episode_no + unnest(range(
            1 + (uniform(person_id, 'complains again', episode_no) < 0.35)::integer
        ))::integer as complaint_no,
        cause,
        -- After the start and well before the end, so a complaint announces no day of departure.
        start_t + (end_t - start_t) * (0.05 + 0.75 * uniform(person_id, 'complaint day', complaint_no))
            as t,
    from episodes
    where
        cause <> 'service_response'
        and uniform(person_id, 'complains', episode_no)
        < case when visible_strength < strength then 0.40 else 0.70 end
),

-- One complaint in eight years.
contented as (
    select
        people.person_id,
        16 + unnest(range(least(16, poisson(
            (least(left_t, getvariable('days')) - observed_t) * 0.12 / 365,
            people.person_id, 'grumbles', 0
        ))))::integer as complaint_no,
        null::varchar as cause,
        observed_t + (least(left_t, getvariable('days')) - observed_t)
        * uniform(people.person_id, 'complaint day', complaint_no) as t,
    from people
    inner join departures on people.person_id = departures.person_id
    where departures.left_t > observed_t and not is_coupon_hunter
),

complaining as (
    select * from troubled
    union all
    select * from contented
)

select
    complaining.person_id,
    complaining.complaint_no,
    complaining.t,
    floor(complaining.t)::integer as day_no,
    case
        when cause is not null and uniform(person_id, 'names the cause', complaint_no) < 0.9 then cause
        else pick(
            [
                'product_fit', 'service_response', 'price_sensitivity', 'emotional_bond',
                'external_environment'
            ],
            uniform(person_id, 'names another', complaint_no)
        )
    end as named_cause,
    case
        when uniform(person_id, 'complains to', complaint_no) < 0.5 then 'ticket' else 'survey'
    end as channel,
from complaining
inner join people using (person_id)
where complaining.t >= people.observed_t and complaining.t < getvariable('days');
