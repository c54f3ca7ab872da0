{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Eligible customers who get no action on a decided day, with the reason and the action that would
    have brought the most. A customer of a control arm is in customer_actions_daily too.

    The reason of the draw or of a limit comes first. It is followed by the rule that forbids the
    best action, and then by the reason why no action pays.
-#}
with

candidates as (
    select candidates.*
    from {{ ref('action_candidates') }} as candidates
    where
        candidates.snapshot_date in (
            select decided_days.snapshot_date
            from {{ source('ops', 'decided_days') }} as decided_days
        )
),

decisions as (
    {{ of_daily_dates(ref('stg_ml__action_decisions')) }}
),

risks as (
    select
        customer_id,
        snapshot_date,
        risk_tier,
        value_at_risk
    from {{ ref('customer_risk_daily') }}
),

-- The action that would bring the most if every action were allowed.
best as (
    select *
    from candidates
    qualify
        row_number() over (
            partition by customer_id, snapshot_date
            order by expected_net_value desc nulls last, action_id asc
        ) = 1
),

joined as (
    select
        best.*,
        decisions.arm,
        decisions.reason as decision_reason,
        decisions.action_id as decided_action_id,
        coalesce(decisions.chosen_with_probability, 1) as chosen_with_probability,
        risks.risk_tier,
        risks.value_at_risk
    from best
    left join decisions using (customer_id, snapshot_date)
    left join risks using (customer_id, snapshot_date)
    where coalesce(decisions.arm, 'none') <> 'treatment'
),

final as (
    select
        customer_id,
        snapshot_date,
        case
            when decision_reason <> 'costs_more_than_it_brings' then decision_reason
            when expected_net_value > 0 and blocked_by is not null then blocked_by
            when not coalesce(is_reachable, false) then 'lost_anyway'
            when expected_net_value is null then 'value_unknown'
            when customer_type in ('opportunist', 'passer_by') then 'buys_only_on_coupon'
            when risk_tier = 'low' then 'sure_to_stay'
            else 'costs_more_than_it_brings'
        end as reason,
        coalesce(decided_action_id, action_id) as action_id,
        churn_probability,
        value_at_risk,
        cast(expected_net_value as {{ money_type() }}) as best_net_value,
        cast(expected_cost as {{ money_type() }}) as avoided_cost,
        chosen_with_probability
    from joined
)

select * from final
