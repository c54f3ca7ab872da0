-- Actions of the day, by the number of customers who get them.
-- key: action_id
select
    actions.action_id,
    any_value(coalesce(labels.label, actions.action_id)) as action,
    any_value(actions.channel) as channel,
    count(*) filter (arm = 'treatment') as treated,
    count(*) filter (arm = 'control') as control,
    sum(actions.expected_uplift) filter (arm = 'treatment') as expected_kept,
    sum(actions.expected_cost) filter (arm = 'treatment') as expected_cost,
    sum(actions.expected_net_value) filter (arm = 'treatment') as expected_net_value,
    max(actions.expires_on) as expires_on
from activation.customer_actions_daily as actions
left join activation.catalogue_labels as labels
    on
        labels.kind = 'action'
        and actions.action_id = labels.name
        and labels.language = $language
where actions.snapshot_date = $day
group by actions.action_id
order by treated desc, actions.action_id
