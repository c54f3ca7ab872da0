{#-
    Measured effects of actions, by intention to treat: customers assigned to the treatment compared
    with those assigned to the control, whether or not the action was delivered. The statistics are
    computed in ml/effects. Money counts with the company's margin share where costs of goods are
    known: net value = revenue uplift × treated customers × margin share − cost.
-#}
with

effects as (
    select * from {{ ref('stg_ml__action_effects') }}
),

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

company as (
    select
        sum(order_days.margin_amount)
        / nullif(
            sum(order_days.net_amount) filter (where order_days.margin_amount is not null), 0
        ) as margin_share
    from {{ ref('int_order_days') }} as order_days
    inner join as_of
        on
            order_days.activity_date <= as_of.as_of_date
            and order_days.activity_date > as_of.as_of_date - 365
            and order_days.counts_from <= as_of.as_of_date
            and as_of.as_of_date < order_days.counts_to
),

margined as (
    select
        effects.*,
        company.margin_share,
        coalesce(company.margin_share, 1) as value_share,
        effects.cost_per_treated * effects.known_treated as cost
    from effects
    cross join company
),

final as (
    select
        action_id,
        segment_kind,
        segment,
        period_kind,
        period_start,
        period_end,
        is_provisional,
        treated,
        control,
        known_treated,
        known_control,
        delivered_treated,
        redeemed_treated,
        conflicting_arms,
        unknown_outcomes,
        unknown_amounts,
        retained_treated,
        retained_control,
        uplift,
        uplift_low,
        uplift_high,
        uplift_method,
        p_value,
        q_value,
        cast(revenue_uplift as {{ money_type() }}) as revenue_uplift,
        cast(revenue_low as {{ money_type() }}) as revenue_low,
        cast(revenue_high as {{ money_type() }}) as revenue_high,
        cast(cost_per_treated as {{ money_type() }}) as cost_per_treated,
        margin_share,
        cast(net_value * value_share - cost * (1 - value_share) as {{ money_type() }}) as net_value,
        cast(net_value_low * value_share - cost * (1 - value_share) as {{ money_type() }})
            as net_value_low,
        cast(net_value_high * value_share - cost * (1 - value_share) as {{ money_type() }})
            as net_value_high,
        sample_ratio_ok,
        sample_ratio_p,
        planned_uplift,
        customers_needed,
        verdict
    from margined
)

select * from final
