-- Customers to act on, in descending expected net value.
-- key: customer_id
select
    actions.customer_id,
    row_number() over (order by actions.expected_net_value desc, actions.customer_id) as place,
    actions.action_id,
    coalesce(labels.label, actions.action_id) as action,
    actions.channel,
    actions.expires_on,
    (
        select array_to_string(
            list(source || chr(160) || source_customer_id order by source, source_customer_id)[1:3],
            ', '
        )
        from marts.customer_identities as records
        -- A number that is an address is no number of a system.
        where records.customer_id = actions.customer_id and not contains(source_customer_id, '@')
    ) as records,
    risks.churn_probability,
    risks.value_at_risk,
    segments.net_revenue_365d,
    segments.lifecycle_stage,
    actions.expected_uplift,
    (actions.expected_net_value + actions.expected_cost) / nullif(actions.expected_uplift, 0)
        as value_if_kept,
    actions.expected_net_value,
    actions.expected_cost,
    coalesce(reasons.reason_1, risks.reason_1) as reason,
    reasons.reason_2 as second_reason,
    reasons.answer
from activation.customer_actions_daily as actions
left join activation.customer_risk_daily as risks using (customer_id, snapshot_date)
left join activation.customer_segments_daily as segments using (customer_id, snapshot_date)
left join activation.action_reasons_daily as reasons
    on
        actions.customer_id = reasons.customer_id
        and actions.snapshot_date = reasons.snapshot_date
        and reasons.language = $language
left join activation.catalogue_labels as labels
    on
        labels.kind = 'action'
        and actions.action_id = labels.name
        and labels.language = $language
where actions.snapshot_date = $day and actions.arm = 'treatment'
order by place
limit 15
