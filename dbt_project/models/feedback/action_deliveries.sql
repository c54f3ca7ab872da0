{#-
    Assigned, delivered and redeemed actions by campaign period. Deliveries to customers of the
    control arm weaken a measured effect, and deliveries that nobody decided belong to no experiment.
-#}
with

touches as (
    select
        *,
        cast(date_trunc('quarter', sent_on) as date) as period_start
    from {{ ref('action_touches') }}
),

assigned as (
    select
        action_id,
        period_start,
        count(*) filter (where arm = 'treatment') as assigned_to_treatment,
        count(*) filter (where arm = 'control') as assigned_to_control,
        count(*) filter (where arm = 'treatment' and delivered_on is not null) as delivered,
        count(*) filter (where arm = 'treatment' and redeemed_on is not null) as redeemed,
        count(*) filter (where arm = 'control' and delivered_on is not null)
            as delivered_to_control,
        count(*) filter (where is_conflicting) as conflicting
    from {{ ref('action_assignments') }}
    group by all
),

unordered as (
    select
        action_id,
        period_start,
        count(*) as not_decided
    from touches
    where decided_on is null and arm is null
    group by all
),

final as (
    select
        action_id,
        period_start,
        coalesce(assigned.assigned_to_treatment, 0) as assigned_to_treatment,
        coalesce(assigned.assigned_to_control, 0) as assigned_to_control,
        coalesce(assigned.delivered, 0) as delivered,
        coalesce(assigned.redeemed, 0) as redeemed,
        coalesce(assigned.delivered_to_control, 0) as delivered_to_control,
        coalesce(assigned.conflicting, 0) as conflicting,
        coalesce(unordered.not_decided, 0) as not_decided
    from assigned
    full join unordered using (action_id, period_start)
)

select * from final
