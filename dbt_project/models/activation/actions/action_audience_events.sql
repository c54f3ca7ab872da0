{#-
    Customers who enter and leave the audience of an action: one event when the action is decided,
    and one after its last day. The events carry the arm and the probability of the decision, so
    that a tool with audiences can build the same experiment.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

decisions as (
    select * from {{ ref('stg_ml__action_decisions') }}
    where arm in ('treatment', 'control')
),

events as (
    select
        customer_id,
        action_id,
        snapshot_date as occurred_on,
        'entered' as event,
        arm,
        chosen_with_probability
    from decisions
    union all
    select
        customer_id,
        action_id,
        expires_on + 1 as occurred_on,
        'left' as event,
        arm,
        chosen_with_probability
    from decisions
),

final as (
    select events.*
    from events
    inner join as_of on events.occurred_on <= as_of.as_of_date
)

select * from final
