-- Value at risk by what is done about it today, in descending value.
-- key: what_is_done
with

customers as (
    select 'acted_on' as what_is_done, customer_id
    from activation.customer_actions_daily
    where snapshot_date = $day and arm = 'treatment'
    union all
    select
        case
            when reason = 'lost_anyway' then 'lost_anyway'
            when reason = 'control' then 'control'
            when reason in ('global_holdout', 'explored_nothing') then 'held_out'
            when reason = 'in_cool_down' then 'in_cool_down'
            when reason in ('never_contact', 'unreadable_refusal', 'no_consent', 'no_contact')
                then 'no_contact'
            when reason in ('budget_spent', 'capacity_reached') then 'limits'
            when reason in ('open_complaint', 'buys_only_on_coupon', 'measured_harm')
                then 'forbidden'
            else 'no_action_pays'
        end as what_is_done,
        customer_id
    from activation.action_exclusions_daily
    where snapshot_date = $day
),

risks as (
    select customer_id, value_at_risk from activation.customer_risk_daily
    where snapshot_date = $day
)

select
    customers.what_is_done,
    count(*) as customers,
    coalesce(sum(risks.value_at_risk), 0) as value_at_risk,
    coalesce(sum(risks.value_at_risk), 0)
    / nullif((select sum(value_at_risk) from risks), 0) as share
from customers
left join risks using (customer_id)
group by customers.what_is_done
order by value_at_risk desc, customers.what_is_done
