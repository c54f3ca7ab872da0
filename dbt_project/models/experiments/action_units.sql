{{ config(materialized='view') }}

{#-
    Experiment units: the first assignment of a customer to an action in a campaign period, with its
    arm, its outcome if the horizon has passed, and what was known of the customer on its day. A
    customer with conflicting assignments has all of them, and the effects leave the customer out.
-#}
with

assignments as (
    select * from {{ ref('action_assignments') }}
),

outcomes as (
    select * from {{ ref('action_outcomes') }}
),

customers as (
    {{ ids_by_number() }}
),

final as (
    select
        customers.customer_id,
        assignments.action_id,
        assignments.assigned_on,
        assignments.period_start,
        assignments.period_end,
        assignments.arm,
        assignments.treatment_probability,
        assignments.is_decided,
        {%- if var('churn_kind') == 'contractual' %}
        assignments.lifecycle_stage,
        {%- else %}
        coalesce(
            assignments.lifecycle_stage,
            case
                when outcomes.matured_on is not null
                    then {{ lifecycle_stage('outcomes.purchase_days', 'null') }}
            end
        ) as lifecycle_stage,
        {%- endif %}
        assignments.customer_type,
        assignments.cause,
        outcomes.matured_on is not null as is_mature,
        outcomes.is_retained,
        cast(outcomes.net_revenue as double) as net_revenue,
        cast(outcomes.prior_net_revenue as double) as prior_net_revenue,
        outcomes.prior_orders,
        case
            when assignments.arm = 'treatment' then cast(assignments.cost as double) else 0
        end as cost,
        assignments.delivered_on is not null as is_delivered,
        assignments.redeemed_on is not null as is_redeemed
    from assignments
    inner join customers using (customer_no)
    left join outcomes using (record_no, action_id, assigned_on)
    where assignments.is_first or assignments.is_conflicting
)

select * from final
