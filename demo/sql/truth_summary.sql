-- Effects of the actions: mean difference of the two potential outcomes over all touches of both
-- arms, in all and by group: whether the action answers the cause, and whether the person is a
-- coupon hunter (both null in the row of all). Touches whose horizon has not passed are left out.
create or replace table truth_action_effects as
select
    actions.action_id,
    answers_cause,
    is_coupon_hunter,
    count(*) as touches,
    avg(would_order_untreated::integer) as retained_untreated,
    avg(would_order_treated::integer) as retained_treated,
    avg(would_order_treated::integer - would_order_untreated::integer) as uplift,
    avg(redeems::integer) as redeemed,
    any_value(actions.cause) as cause,
    any_value(actions.cost) as cost,
    any_value(actions.discount_share) as discount_share,
from truth_touch_outcomes
inner join actions using (action_id)
where
    sent_on + getvariable('horizon_days')
    < getvariable('first_date') + getvariable('days')
group by grouping sets (
    (actions.action_id), (actions.action_id, answers_cause, is_coupon_hunter)
);

create or replace table truth_competitor_openings as
select city, country, getvariable('first_date') + competitor_day as opened_on,
from cities
where competitor_day is not null;
