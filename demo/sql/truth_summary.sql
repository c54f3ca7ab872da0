-- Effects of the actions: mean difference of the two potential outcomes over all touches of both
-- arms. Touches whose 90 days have not passed are left out.
create or replace table truth_action_effects as
select
    actions.action_id,
    actions.cause,
    actions.cost,
    actions.save_probability,
    count(*) as touches,
    avg(would_order_untreated::integer) as retained_untreated,
    avg(would_order_treated::integer) as retained_treated,
    avg(would_order_treated::integer - would_order_untreated::integer) as uplift,
from truth_touch_outcomes
inner join actions using (action_id)
where sent_on + 90 < getvariable('first_date') + getvariable('days')
group by all;

create or replace table truth_competitor_openings as
select city, country, getvariable('first_date') + competitor_day as opened_on,
from cities
where competitor_day is not null;
