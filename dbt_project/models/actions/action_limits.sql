{#-
    Limits of the day that is decided: the money that it may spend (action_id null), and the
    contacts of each action. Each decided day adds its share of the monthly budget, and money that
    it leaves is carried on to later days of the month. Treatments count with their expected cost.
-#}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

earlier_days as (
    select
        count(*) as decided_days,
        coalesce(sum(decided.expected_cost), 0) as spent
    from {{ source('ops', 'decided_days') }} as decided
    inner join as_of
        on
            decided.snapshot_date < as_of.as_of_date
            and decided.snapshot_date >= date_trunc('month', as_of.as_of_date)
),

final as (
    select
        cast(null as varchar) as action_id,
        {%- set left -%}
        {{ var('actions_monthly_budget') or 0 }}
        * (earlier_days.decided_days + 1) / day(last_day(as_of.as_of_date)) - earlier_days.spent
        {%- endset %}
        {{ at_least(left, 0) }} as day_limit
    from as_of
    cross join earlier_days
    union all
    select
        action_id,
        capacity_a_day as day_limit
    from {{ ref('action_catalogue') }}
)

select * from final
