{#-
    How long customers stay, and how long one-time buyers wait, as of the as-of date: Kaplan and
    Meier's estimates by day, for all and by acquisition channel and plan. Leaving is known from the
    day on which the pause outgrew the own rhythm; who came back from one has not left.
-#}
{%- set keys = ['curve', 'dimension', 'group_name'] -%}
with

as_of as (
    select as_of_date from {{ ref('int_as_of') }}
),

customers as (
    select
        customer_id,
        acquisition_channel,
        plan
    from {{ ref('dim_customers') }}
    where acquisition_channel is not null or plan is not null
),

identities as (
    select distinct
        history.customer_no,
        history.customer_id
    from {{ ref('int_identity_history') }} as history
    inner join as_of
        on history.valid_from <= as_of.as_of_date and as_of.as_of_date < history.valid_to
),
{% if var('churn_kind') == 'contractual' %}
waits as (
    select
        'retention' as curve,
        customer_no,
        min(started_on) as first_on,
        case when count(ended_on) = count(*) then max(ended_on) end as happened_on
    from {{ ref('int_customer_contracts') }}
    where not is_trial
    group by customer_no
),
{% else %}
waits as (
    select
        'retention' as curve,
        customer_no,
        first_on,
        dormant_on as happened_on
    from {{ ref('int_customer_purchases') }}
    where next_on is null
    union all
    select
        'second_purchase' as curve,
        customer_no,
        first_on,
        next_on as happened_on
    from {{ ref('int_customer_purchases') }}
    where purchase_no = 1
),
{% endif %}
counts as (
    select
        waits.curve,
        case
            when grouping(customers.acquisition_channel) = 0 then 'acquisition_channel'
            when grouping(customers.plan) = 0 then 'plan'
            else 'all'
        end as dimension,
        coalesce(customers.acquisition_channel, customers.plan) as known_group,
        case when dimension = 'all' then 'all' else known_group end as group_name,
        coalesce(waits.happened_on, as_of.as_of_date) - waits.first_on as days,
        count(waits.happened_on) as events,
        count(*) - count(waits.happened_on) as censored
    from waits
    cross join as_of
    left join identities using (customer_no)
    left join customers using (customer_id)
    group by
        grouping sets (
            (waits.curve, days),
            (waits.curve, days, customers.acquisition_channel),
            (waits.curve, days, customers.plan)
        )
),

-- Whose channel or plan is not known is in the curve of all alone.
told as (
    select * from counts
    where group_name is not null
),

curves as (
    {{ kaplan_meier('told', keys) }}
),

final as (
    select
        curve,
        dimension,
        group_name,
        cast(days as integer) as days,
        cast(at_risk as bigint) as at_risk,
        cast(events as bigint) as events,
        cast(censored as bigint) as censored,
        cast(survival as double) as survival,
        round(power(survival, exp({{ normal_quantile() }} * log_log_error)), 10) as low,
        round(power(survival, exp(-{{ normal_quantile() }} * log_log_error)), 10) as high
    from curves
    order by {{ keys | join(', ') }}, days
)

select * from final
