-- Actions of the day, by the number of customers who get them, with the effect measured so far.
-- key: action_id
with

actions as (
    select
        action_id,
        any_value(channel) as channel,
        count(*) filter (arm = 'treatment') as treated,
        count(*) filter (arm = 'control') as control,
        sum(expected_uplift) filter (arm = 'treatment') as expected_kept,
        avg(expected_uplift) filter (arm = 'treatment') as expected_effect,
        sum(expected_cost) filter (arm = 'treatment') as expected_cost,
        sum(expected_net_value) filter (arm = 'treatment') as expected_net_value,
        max(expires_on) as expires_on
    from activation.customer_actions_daily
    where snapshot_date = $day
    group by action_id
),

effects as (
    select
        action_id,
        uplift,
        uplift_low,
        uplift_high,
        net_value,
        net_value_low,
        net_value_high
    from feedback.action_effects
    where
        segment_kind = 'all'
        and period_kind = 'all_matured'
        and not is_provisional
        and uplift is not null
        and uplift_low is not null
        and uplift_high is not null
)

select
    actions.*,
    coalesce(labels.label, actions.action_id) as action,
    effects.uplift,
    effects.uplift_low,
    effects.uplift_high,
    effects.net_value,
    effects.net_value_low,
    effects.net_value_high,
    case
        when actions.expected_effect is null then null
        when effects.uplift is null then 'unmeasured'
        when effects.uplift_high < actions.expected_effect then 'less'
        when effects.uplift_low > actions.expected_effect then 'more'
        when effects.uplift * actions.expected_effect < 0 then 'opposite'
        else 'fits'
    end as evidence,
    case
        when actions.expected_net_value <= 0 or effects.net_value >= 0 then null
        when effects.net_value_high < 0 then 'loss'
        when effects.net_value < 0 then 'loss_so_far'
    end as money_evidence
from actions
left join effects using (action_id)
left join activation.catalogue_labels as labels
    on
        labels.kind = 'action'
        and actions.action_id = labels.name
        and labels.language = $language
order by actions.treated desc, actions.action_id
