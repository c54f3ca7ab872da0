{#-
    Account of the actions: customers kept who would have left, money brought, spent and not wasted,
    by action and campaign period, for all actions of a period, and in all (period_start
    null). Only matured periods with a control arm and an undisturbed sample ratio count. Periods
    are independent, so the variances of their sums add up.

    Money not wasted is the expected cost of the best action for customers who got none because they
    are lost, stay anyway or buy on discount only; each customer counts once a period.
-#}
with

measured as (
    select
        action_id,
        period_start,
        treated,
        control,
        uplift * known_treated as customers_kept,
        (uplift_high - uplift_low) / (2 * {{ normal_quantile() }}) * known_treated
            as customers_kept_se,
        revenue_uplift * known_treated as money_brought,
        cost_per_treated * treated as money_spent,
        net_value,
        (net_value_high - net_value_low) / (2 * {{ normal_quantile() }}) as net_value_se
    from {{ ref('action_effects') }}
    where
        segment_kind = 'all'
        and period_kind = 'period'
        and not is_provisional
        and coalesce(sample_ratio_ok, true)
        and uplift is not null
),

not_spent as (
    select
        action_id,
        period_start,
        sum(avoided_cost) as money_not_wasted
    from (
        select
            customer_id,
            action_id,
            cast(date_trunc('quarter', snapshot_date) as date) as period_start,
            avoided_cost
        from {{ ref('action_exclusions_daily') }}
        where
            reason in (
                'lost_anyway', 'sure_to_stay', 'buys_only_on_coupon', 'costs_more_than_it_brings'
            )
        qualify
            row_number() over (
                partition by customer_id, date_trunc('quarter', snapshot_date)
                order by snapshot_date desc
            ) = 1
    )
    group by all
),

cells as (
    select *
    from measured
    left join not_spent using (action_id, period_start)
),

counted as (
    select
        case when grouping(action_id) = 0 then action_id else 'all' end as action_id,
        period_start,
        sum(treated) as treated,
        sum(control) as control,
        sum(customers_kept) as customers_kept,
        sqrt(sum(power(customers_kept_se, 2))) as customers_kept_se,
        sum(money_brought) as money_brought,
        sum(money_spent) as money_spent,
        sum(money_not_wasted) as money_not_wasted,
        sum(net_value) as net_value,
        sqrt(sum(power(net_value_se, 2))) as net_value_se
    from cells
    group by cube(action_id, period_start)
    having count(*) > 0
),

final as (
    select
        action_id,
        period_start,
        cast(period_start + interval 3 month as date) - 1 as period_end,
        cast(treated as bigint) as treated,
        cast(control as bigint) as control,
        customers_kept,
        customers_kept - {{ normal_quantile() }} * customers_kept_se as customers_kept_low,
        customers_kept + {{ normal_quantile() }} * customers_kept_se as customers_kept_high,
        cast(money_brought as {{ money_type() }}) as money_brought,
        cast(money_spent as {{ money_type() }}) as money_spent,
        cast(money_not_wasted as {{ money_type() }}) as money_not_wasted,
        cast(net_value as {{ money_type() }}) as net_value,
        cast(net_value - {{ normal_quantile() }} * net_value_se as {{ money_type() }})
            as net_value_low,
        cast(net_value + {{ normal_quantile() }} * net_value_se as {{ money_type() }})
            as net_value_high
    from counted
)

select * from final
