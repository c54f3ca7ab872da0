-- Both potential outcomes of any touch, whether or not the company sends it: functions of the seed,
-- the person, the day and the action. The past campaigns and any later decision use them.
-- An effect lasts for the horizon: `horizon_days` after the touch.

-- Cause of a person's dissatisfaction on a day: of the episode that the day lies in or at most 60
-- days after; null without one. `days` names a table with the columns person_id and day_no.
create or replace macro true_causes(days) as table
select
    asked.person_id,
    asked.day_no,
    arg_max(episodes.cause, episodes.start_t) as cause,
from (select distinct person_id, day_no from query_table(days)) as asked
left join episodes
    on
        asked.person_id = episodes.person_id
        and asked.day_no >= episodes.start_t
        and asked.day_no < episodes.end_t + 60
group by asked.person_id, asked.day_no;

-- `decisions` names a table with the columns person_id, day_no and action_id; the result has one
-- row for each of its rows. Draws are keyed by the person's latest order, so the same person
-- gives the same answer on every day of one gap, and the choice of the day is no lottery.
create or replace macro potential_outcomes(decisions) as table
with decided as (
    select distinct person_id, day_no, action_id from query_table(decisions)
),

person_days as (
    select distinct person_id, day_no from decided
),

-- Orders that the person places without the company's action, before and after the day.
untreated as (
    select
        person_days.person_id,
        person_days.day_no,
        coalesce(
            arg_max(orders.occasion_no, orders.t) filter (orders.day_no <= person_days.day_no), -1
        ) as latest_occasion_no,
        arg_min(orders.occasion_no, orders.t) filter (orders.day_no > person_days.day_no)
            as next_occasion_no,
        min(orders.day_no) filter (orders.day_no > person_days.day_no) as next_order_day_no,
        coalesce(
            next_order_day_no <= person_days.day_no + getvariable('horizon_days'), false
        ) as would_order_untreated,
    from person_days
    left join baseline_orders as orders
        on person_days.person_id = orders.person_id and not orders.is_cancelled
    group by person_days.person_id, person_days.day_no
),

people_on_days as (
    select
        untreated.*,
        causes.cause,
        people.is_coupon_hunter,
        people.price_sensitivity,
        -- No action keeps a quarter of the people, a coupon hunter, a person without an order so
        -- far, or one who churned more than 60 days ago.
        latest_occasion_no = -1
        or people.is_coupon_hunter
        or coalesce(departures.left_t + 60 <= untreated.day_no, false) as is_beyond_saving,
        is_beyond_saving or uniform(untreated.person_id, 'lost', 0) < 0.25 as is_lost,
        uniform(untreated.person_id, 'kept', latest_occasion_no) as kept_share,
        uniform(untreated.person_id, 'driven away', latest_occasion_no) as driven_share,
        uniform(untreated.person_id, 'redeems', latest_occasion_no) as redeems_share,
        -- The first order of a person who is kept.
        untreated.day_no + 3
        + floor(50 * uniform(untreated.person_id, 'kept day', latest_occasion_no))::integer
            as kept_day_no,
    from untreated
    inner join true_causes(decisions) as causes
        on untreated.person_id = causes.person_id and untreated.day_no = causes.day_no
    inner join people on untreated.person_id = people.person_id
    left join departures on untreated.person_id = departures.person_id
),

answered as (
    select
        people_on_days.*,
        actions.action_id,
        actions.discount_share,
        coalesce(people_on_days.cause = actions.cause, false) as answers_cause,
        case
            when answers_cause then actions.kept_if_answered else actions.kept_otherwise
        end as kept_if_saveable,
        not would_order_untreated and not is_lost and kept_share < kept_if_saveable as is_kept,
        would_order_untreated and driven_share < actions.driven_away as is_driven_away,
        -- Probabilities of both over the draws of the effect, for whoever knows all else.
        case
            when would_order_untreated or is_beyond_saving then 0 else 0.75 * kept_if_saveable
        end as keep_probability,
        case when would_order_untreated then actions.driven_away else 0 end as drive_probability,
    from decided
    inner join people_on_days
        on
            decided.person_id = people_on_days.person_id
            and decided.day_no = people_on_days.day_no
    inner join actions on decided.action_id = actions.action_id
)

select
    person_id,
    day_no,
    action_id,
    cause,
    answers_cause,
    is_coupon_hunter,
    is_lost,
    would_order_untreated,
    (would_order_untreated and not is_driven_away) or is_kept as would_order_treated,
    is_kept,
    is_driven_away,
    keep_probability,
    drive_probability,
    case when is_kept then kept_day_no end as kept_day_no,
    -- A voucher is valid for 52 days. Everybody whom it keeps redeems it; of the people who would
    -- have ordered anyway, nearly all coupon hunters do, and the price-sensitive more than others.
    discount_share > 0 and (
        is_kept
        or coalesce(
            would_order_untreated and next_order_day_no <= day_no + 52
            and redeems_share
            < case when is_coupon_hunter then 0.9 else 0.3 + 0.6 * price_sensitivity end,
            false
        )
    ) as redeems,
    -- The order without the action that the voucher is redeemed with.
    case when redeems and not is_kept then next_occasion_no end as redeemed_occasion_no,
from answered;
