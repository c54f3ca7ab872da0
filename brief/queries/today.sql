-- The day's customers, value at risk and decisions, in one row.
with

risks as (
    select * from activation.customer_risk_daily
    where snapshot_date = $day
),

actions as (
    select
        count(*) filter (arm = 'treatment') as treated,
        count(*) filter (arm = 'control') as control,
        sum(expected_uplift) filter (arm = 'treatment') as expected_kept,
        sum(expected_net_value) filter (arm = 'treatment') as expected_net_value,
        sum(expected_cost) filter (arm = 'treatment') as expected_cost
    from activation.customer_actions_daily
    where snapshot_date = $day
),

exclusions as (
    select
        count(*) as excluded,
        coalesce(sum(value_at_risk) filter (reason = 'lost_anyway'), 0) as beyond_reach
    from activation.action_exclusions_daily
    where snapshot_date = $day
),

totals as (
    select
        count(*) as eligible,
        count(*) filter (risk_tier = 'high') as high_risk,
        sum(value_at_risk) as value_at_risk
    from risks
)

select
    totals.eligible,
    totals.high_risk,
    totals.value_at_risk,
    actions.treated,
    actions.control,
    actions.expected_kept,
    actions.expected_net_value,
    actions.expected_cost,
    actions.treated + actions.control + exclusions.excluded > 0 as is_decided,
    exclusions.beyond_reach,
    exclusions.beyond_reach / nullif(totals.value_at_risk, 0) as beyond_reach_share
from totals
cross join actions
cross join exclusions
