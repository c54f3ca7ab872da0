{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='snapshot_date',
    )
}}

{#-
    Decided actions: one row per decided day and customer for whom an action was chosen, with its
    arm. Only the arm treatment is handed over; the arm control is left without the action, so that
    the effect can be measured. A decision is never changed by a later run of its day.
-#}
with

decisions as (
    {{ of_daily_dates(ref('stg_ml__action_decisions')) }}
),

catalogue as (
    select * from {{ ref('action_catalogue') }}
),

risks as (
    select
        customer_id,
        snapshot_date,
        reason_1
    from {{ ref('customer_risk_daily') }}
),

final as (
    select
        decisions.customer_id,
        decisions.snapshot_date,
        decisions.action_id,
        decisions.arm,
        decisions.chosen_with_probability,
        decisions.mode,
        catalogue.channel,
        decisions.cause,
        decisions.expected_uplift,
        cast(decisions.expected_net_value as {{ money_type() }}) as expected_net_value,
        cast(decisions.expected_cost as {{ money_type() }}) as expected_cost,
        decisions.expires_on,
        concat_ws(
            '. ',
            risks.reason_1,
            case
                when catalogue.answers_cause = decisions.cause
                    then catalogue.why_{{ var('language') }}
            end
        ) as why
    from decisions
    left join catalogue using (action_id)
    left join risks using (customer_id, snapshot_date)
    where decisions.arm in ('treatment', 'control')
)

select * from final
