{#-
    Limits of the day that is decided: the money left for it (action_id null), and the contacts of
    each action. The budget of a month that is not yet spent is spread evenly over its remaining
    days. Treatments decided this month count with their expected cost.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

spent as (
    select coalesce(sum(decided.expected_cost), 0) as amount
    from {{ source('ops', 'decided_actions') }} as decided
    inner join as_of
        on
            decided.snapshot_date < as_of.as_of_date
            and decided.snapshot_date >= date_trunc('month', as_of.as_of_date)
    where decided.arm = 'treatment'
),

final as (
    select
        cast(null as varchar) as action_id,
        greatest({{ var('actions_monthly_budget') or 0 }} - spent.amount, 0)
        / (date_diff('day', as_of.as_of_date, last_day(as_of.as_of_date)) + 1) as day_limit
    from as_of
    cross join spent
    union all
    select
        action_id,
        capacity_a_day as day_limit
    from {{ ref('action_catalogue') }}
)

select * from final
