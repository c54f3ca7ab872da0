{{ config(materialized='view') }}

{#-
    Outcome of each logged decision, whatever was decided: retention of the customer one horizon
    later, as known at the horizon's end. It is read when a rule is valued on logged decisions,
    for a few days at a time.
-#}
{%- set horizon = var('horizon_days') -%}
with

decided as (
    select
        decided.snapshot_date,
        decided.customer_id,
        decided.snapshot_date + {{ horizon }} as matured_on
    from {{ source('ops', 'decided_actions') }} as decided
    where
        decided.choice_no is not null
        and decided.snapshot_date + {{ horizon }}
        <= (select as_of.as_of_date from {{ ref('int_as_of') }} as as_of)
),

-- The customer of the record at the end of the horizon.
units as (
    select
        decided.*,
        identities.customer_no
    from decided
    inner join {{ ref('int_identity_history') }} as identities
        on
            decided.customer_id = identities.own_customer_id
            and identities.valid_from <= decided.matured_on
            and decided.matured_on < identities.valid_to
),

retained as (
    select distinct
        units.snapshot_date,
        units.customer_id
    from units
    {%- if var('churn_kind') == 'contractual' %}
    inner join {{ ref('int_contracts') }} as contracts
        on
            units.customer_no = contracts.customer_no
            and contracts.runs_from <= units.matured_on
            and units.matured_on < contracts.held_to
    {%- else %}
    inner join {{ ref('int_order_days') }} as order_days
        on
            units.customer_no = order_days.customer_no
            and order_days.activity_date > units.snapshot_date
            and order_days.activity_date <= units.matured_on
            and order_days.counts_from <= units.matured_on
            and units.matured_on < order_days.counts_to
            and order_days.orders > 0
    {%- endif %}
),

final as (
    select
        units.snapshot_date,
        units.customer_id,
        retained.customer_id is not null as is_retained
    from units
    left join retained using (snapshot_date, customer_id)
)

select * from final
