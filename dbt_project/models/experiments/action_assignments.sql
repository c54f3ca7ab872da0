{#-
    Assignments of customers to an arm of an action, as known on the as-of date: the decisions of
    earlier days, and the touches of campaigns that name an arm. A customer has at most one
    assignment per action and campaign period, the first. If records that turned out to be one
    customer were assigned to both arms, the assignment is conflicting and no effect uses it.
-#}
with

touches as (
    select * from {{ ref('action_touches') }}
),

receipts as (
    select
        customer_no,
        action_id,
        decided_on,
        min(sent_on) as delivered_on,
        min(redeemed_on) as redeemed_on,
        sum(cost) as cost
    from touches
    where decided_on is not null
    group by all
),

decided as (
    select
        decisions.customer_no,
        decisions.record_no,
        decisions.action_id,
        decisions.snapshot_date as assigned_on,
        decisions.arm,
        decisions.treatment_probability,
        true as is_decided,
        decisions.lifecycle_stage,
        decisions.customer_type,
        decisions.cause,
        receipts.delivered_on,
        receipts.redeemed_on,
        receipts.cost,
        decisions.cool_down_until
    from ({{ earlier_decisions() }}) as decisions
    left join receipts
        on
            decisions.customer_no = receipts.customer_no
            and decisions.action_id = receipts.action_id
            and decisions.snapshot_date = receipts.decided_on
),

-- The latest date with features before a campaign's touch; dates of training are a month apart.
causes_of_touches as (
    select
        touches.record_no,
        touches.action_id,
        touches.sent_on,
        arg_max(causes.cause, causes.snapshot_date) as cause
    from touches
    inner join {{ ref('int_identity_history') }} as identities
        on
            touches.record_no = identities.record_no
            and identities.valid_from <= touches.sent_on
            and touches.sent_on < identities.valid_to
    inner join {{ ref('customer_causes') }} as causes
        on
            identities.customer_id = causes.customer_id
            and causes.snapshot_date <= touches.sent_on
            and causes.snapshot_date > touches.sent_on - {{ cause_evidence_days() }}
    where touches.decided_on is null and touches.arm is not null
    group by all
),

-- A company's campaign says neither its planned shares nor what was known of the customer. The
-- cause is that of the customer's signs.
campaigns as (
    select
        customer_no,
        record_no,
        action_id,
        sent_on as assigned_on,
        arm,
        cast(null as double) as treatment_probability,
        false as is_decided,
        cast(null as varchar) as lifecycle_stage,
        cast(null as varchar) as customer_type,
        causes_of_touches.cause,
        case when arm = 'treatment' then sent_on end as delivered_on,
        redeemed_on,
        cost,
        sent_on + coalesce(catalogue.cool_down_days, 0) as cool_down_until
    from touches
    left join {{ ref('action_catalogue') }} as catalogue using (action_id)
    left join causes_of_touches using (record_no, action_id, sent_on)
    where decided_on is null and arm is not null
),

assigned as (
    select * from decided
    union all by name
    select * from campaigns
),

numbered as (
    select
        *,
        cast(date_trunc('quarter', assigned_on) as date) as period_start,
        row_number() over same_period as assignment_no,
        min(arm) over same_period <> max(arm) over same_period as is_conflicting
    from assigned
    window
        same_period as (
            partition by customer_no, action_id, date_trunc('quarter', assigned_on)
            order by assigned_on, record_no
            rows between unbounded preceding and unbounded following
        )
),

final as (
    select
        customer_no,
        record_no,
        action_id,
        period_start,
        cast(period_start + interval 3 month as date) - 1 as period_end,
        assigned_on,
        arm,
        treatment_probability,
        is_decided,
        is_conflicting,
        assignment_no = 1 as is_first,
        lifecycle_stage,
        customer_type,
        cause,
        delivered_on,
        redeemed_on,
        cost,
        cool_down_until
    from numbered
)

select * from final
