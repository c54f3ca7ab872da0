-- Churn day of each person, with its cause: the first episode that ends in churn, or no cause.
create or replace table departures as
with by_trouble as (
    select
        person_id,
        min(end_t) as left_t,
        arg_min(cause, end_t) as cause,
    from episodes
    where ends_in_leaving and end_t > 0
    group by person_id
)

select
    people.person_id,
    least(
        by_trouble.left_t,
        -- 6 % a year churn without any sign before.
        observed_t + 365 / 0.06 * exponential(people.person_id, 'chance', 0),
        -- Coupon hunters churn within ten weeks of their first order.
        case
            when is_coupon_hunter
                then joined_t + 10 + 60 * uniform(people.person_id, 'hunting', 0)
        end
    ) as left_t,
    case
        when not is_coupon_hunter and by_trouble.left_t <= observed_t
        + 365 / 0.06 * exponential(people.person_id, 'chance', 0)
            then by_trouble.cause
    end as cause,
from people
left join by_trouble on people.person_id = by_trouble.person_id
where people.standing = 'buyer';

-- Episodes end with churn.
update episodes set end_t = least(end_t, departures.left_t) from departures
where episodes.person_id = departures.person_id;

delete from episodes using departures
where episodes.person_id = departures.person_id and episodes.start_t >= episodes.end_t;
