-- Measured effect of each action over all measured quarters, and its verdict in the latest one.
-- key: action_id
with

effects as (
    select * from feedback.action_effects
    where segment_kind = 'all' and not is_provisional
),

latest as (
    select
        action_id,
        any_value(verdict) as latest_verdict,
        any_value(uplift) as latest_uplift,
        any_value(uplift_low) as latest_low,
        any_value(uplift_high) as latest_high,
        any_value(treated) as latest_treated
    from effects
    where period_kind = 'period' and period_start = (
        select max(account.period_start) from feedback.retention_account as account
        where
            account.action_id = 'all'
            and account.treated >= 30
            and (
                account.period_end + $horizon <= $day
                or $day >= (select as_of_date from ops.publication)
            )
    )
    group by action_id
)

select
    effects.action_id,
    coalesce(labels.label, effects.action_id) as action,
    effects.treated,
    effects.control,
    effects.retained_treated,
    effects.retained_control,
    effects.uplift,
    effects.uplift_low,
    effects.uplift_high,
    effects.net_value,
    effects.net_value_low,
    effects.net_value_high,
    effects.verdict,
    effects.customers_needed,
    latest.latest_verdict,
    latest.latest_treated,
    latest.latest_uplift,
    latest.latest_low,
    latest.latest_high
from effects
left join latest using (action_id)
left join activation.catalogue_labels as labels
    on
        labels.kind = 'action'
        and effects.action_id = labels.name
        and labels.language = $language
where
    effects.period_kind = 'all_matured'
    and effects.uplift is not null
    and effects.uplift_low is not null
    and effects.uplift_high is not null
order by effects.uplift desc, effects.action_id
