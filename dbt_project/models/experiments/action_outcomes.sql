{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['record_no', 'action_id', 'assigned_on'],
    )
}}

{#-
    Outcome of each assignment one horizon later, as known at the horizon's end, and the customer's
    purchases before the assignment, as known on its day. An outcome is found once, when its horizon
    has passed, and stays: an effect is looked at once.
-#}
{%- set horizon = var('horizon_days') -%}
{%- set is_contractual = var('churn_kind') == 'contractual' -%}
with

matured as (
    select
        assignments.record_no,
        assignments.action_id,
        assignments.assigned_on,
        assignments.assigned_on + {{ horizon }} as matured_on
    from {{ ref('action_assignments') }} as assignments
    where
        assignments.is_first
        and assignments.assigned_on + {{ horizon }}
        <= (select as_of.as_of_date from {{ ref('int_as_of') }} as as_of)
        {%- if is_incremental() %}
        and not exists (
            from {{ this }} as known
            where
                known.record_no = assignments.record_no
                and known.action_id = assignments.action_id
                and known.assigned_on = assignments.assigned_on
        )
        {%- endif %}
),

-- The customer of the record at the end of the horizon.
units as (
    select
        matured.*,
        identities.customer_no
    from matured
    inner join {{ ref('int_identity_history') }} as identities
        on
            matured.record_no = identities.record_no
            and identities.valid_from <= matured.matured_on
            and matured.matured_on < identities.valid_to
),

order_days as (
    select * from {{ ref('int_order_days') }}
),

after_assignment as (
    select
        units.record_no,
        units.action_id,
        units.assigned_on,
        coalesce(sum(order_days.orders), 0) as orders,
        coalesce(sum(order_days.valued_orders), 0) as valued_orders,
        sum(order_days.net_amount) as net_revenue,
        sum(order_days.margin_amount) as margin
    from units
    left join order_days
        on
            units.customer_no = order_days.customer_no
            and order_days.activity_date > units.assigned_on
            and order_days.activity_date <= units.matured_on
            and order_days.counts_from <= units.matured_on
            and units.matured_on < order_days.counts_to
    group by all
),

before_assignment as (
    select
        units.record_no,
        units.action_id,
        units.assigned_on,
        count(distinct order_days.activity_date) filter (where order_days.orders > 0)
            as purchase_days,
        coalesce(
            sum(order_days.orders)
                filter (where order_days.activity_date > units.assigned_on - {{ horizon }}),
            0
        ) as orders,
        coalesce(
            sum(order_days.net_amount)
                filter (where order_days.activity_date > units.assigned_on - {{ horizon }}),
            0
        ) as net_revenue
    from units
    left join order_days
        on
            units.customer_no = order_days.customer_no
            and order_days.activity_date <= units.assigned_on
            and order_days.counts_from <= units.assigned_on
            and units.assigned_on < order_days.counts_to
    group by all
),
{% if is_contractual %}
under_contract as (
    select distinct
        units.record_no,
        units.action_id,
        units.assigned_on
    from units
    inner join {{ ref('int_contracts') }} as contracts
        on
            units.customer_no = contracts.customer_no
            and contracts.runs_from <= units.matured_on
            and units.matured_on < contracts.held_to
),
{% endif %}
final as (
    select
        units.record_no,
        units.action_id,
        units.assigned_on,
        units.matured_on,
        {%- if is_contractual %}
        under_contract.record_no is not null as is_retained,
        {%- else %}
        later.orders > 0 as is_retained,
        {%- endif %}
        -- Unknown, not zero, if the amount of an order is unknown.
        cast(
            case
                when later.orders = 0 then 0
                when later.valued_orders = later.orders then later.net_revenue
            end as {{ money_type() }}
        ) as net_revenue,
        cast(
            case
                when later.orders = 0 then 0
                when later.valued_orders = later.orders then later.margin
            end as {{ money_type() }}
        ) as margin,
        cast(earlier.net_revenue as {{ money_type() }}) as prior_net_revenue,
        cast(earlier.orders as integer) as prior_orders,
        cast(earlier.purchase_days as integer) as purchase_days
    from units
    inner join after_assignment as later using (record_no, action_id, assigned_on)
    inner join before_assignment as earlier using (record_no, action_id, assigned_on)
    {%- if is_contractual %}
    left join under_contract using (record_no, action_id, assigned_on)
    {%- endif %}
)

select * from final
